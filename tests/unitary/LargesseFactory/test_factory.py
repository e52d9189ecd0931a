"""CertificateFactory: one GiftCertificates and one CertificateSales a currency, at addresses known before."""

from __future__ import annotations

from typing import Any

import pytest

from largesse.signing import keccak
from tests.support.certificates import ZERO
from tests.support.errors import reverts


def code(container: Any) -> bytes:
    """Creation code without constructor arguments."""
    return bytes.fromhex(container.bytecode.removeprefix("0x"))


@pytest.fixture(scope="module")
def token(module_isolation: None, project: Any, accounts: Any) -> Any:
    return project.TestToken.deploy("Won", "KRWT", 0, {"from": accounts[0]})


@pytest.fixture(scope="module")
def card_art(project: Any, accounts: Any) -> Any:
    return project.CardArt.deploy({"from": accounts[0]})


@pytest.fixture(scope="module")
def factory(token: Any, card_art: Any, project: Any, accounts: Any) -> Any:
    return project.CertificateFactory.deploy(
        card_art,
        keccak(code(project.GiftCertificates)),
        keccak(code(project.CertificateSales)),
        {"from": accounts[0]},
    )


def test_create_certificates_reverts_for_what_is_no_contract(
    factory: Any, project: Any, stranger: Any
) -> None:
    with reverts("CertificateFactory_NoCurrency", stranger):
        factory.createCertificates(stranger, code(project.GiftCertificates), {"from": stranger})


def test_create_certificates_reverts_with_other_code(
    factory: Any, project: Any, token: Any, stranger: Any
) -> None:
    wrong = bytearray(code(project.GiftCertificates))
    wrong[-1] ^= 1
    expected = keccak(code(project.GiftCertificates))
    with reverts("CertificateFactory_WrongCode", keccak(bytes(wrong)), expected):
        factory.createCertificates(token, bytes(wrong), {"from": stranger})


def test_create_certificates_reverts_twice(factory: Any, project: Any, token: Any, stranger: Any) -> None:
    factory.createCertificates(token, code(project.GiftCertificates), {"from": stranger})
    address, _ = factory.certificatesOf(token)
    with reverts("CertificateFactory_AlreadyCreated", token, address):
        factory.createCertificates(token, code(project.GiftCertificates), {"from": stranger})


def test_create_certificates(factory: Any, project: Any, token: Any, card_art: Any, stranger: Any) -> None:
    address, exists = factory.certificatesOf(token)
    assert not exists
    tx = factory.createCertificates(token, code(project.GiftCertificates), {"from": stranger})
    assert factory.certificatesOf(token) == (address, True)
    assert tx.events["CertificatesCreated"]["currency"] == token
    assert tx.events["CertificatesCreated"]["certificates"] == address
    certificates = project.interface.IGiftCertificates(address)
    assert certificates.currency() == token
    assert certificates.seriesCount() == 0
    assert (factory.cardArt(), factory.certificatesCodeHash()) == (
        card_art,
        "0x" + keccak(code(project.GiftCertificates)).hex(),
    )


def test_addresses_differ_by_currency_and_part(factory: Any, project: Any, token: Any, accounts: Any) -> None:
    other = project.TestToken.deploy("Euro", "EURT", 18, {"from": accounts[0]})
    found = {
        view(currency)[0]
        for view in (factory.certificatesOf, factory.salesOf)
        for currency in (token, other, ZERO)
    }
    assert len(found) == 6


def test_create_sales_reverts_without_certificates(
    factory: Any, project: Any, token: Any, stranger: Any
) -> None:
    with reverts("CertificateFactory_CertificatesFirst", token):
        factory.createSales(token, code(project.CertificateSales), {"from": stranger})


def test_create_sales_reverts_with_other_code(factory: Any, project: Any, token: Any, stranger: Any) -> None:
    factory.createCertificates(token, code(project.GiftCertificates), {"from": stranger})
    wrong = code(project.GiftCertificates)
    with reverts("CertificateFactory_WrongCode", keccak(wrong), keccak(code(project.CertificateSales))):
        factory.createSales(token, wrong, {"from": stranger})


def test_create_sales(factory: Any, project: Any, token: Any, stranger: Any) -> None:
    factory.createCertificates(token, code(project.GiftCertificates), {"from": stranger})
    address, exists = factory.salesOf(token)
    assert not exists
    tx = factory.createSales(token, code(project.CertificateSales), {"from": stranger})
    assert factory.salesOf(token) == (address, True)
    assert tx.events["SalesCreated"]["sales"] == address
    assert factory.salesCodeHash() == "0x" + keccak(code(project.CertificateSales)).hex()
    with reverts("CertificateFactory_AlreadyCreated", token, address):
        factory.createSales(token, code(project.CertificateSales), {"from": stranger})


def test_the_back_office_opens_no_series_by_itself(
    factory: Any, project: Any, token: Any, stranger: Any
) -> None:
    """Called at its own address, the second piece of code would be a second, unknown ledger."""
    factory.createCertificates(token, code(project.GiftCertificates), {"from": stranger})
    address = project.GiftCertificates.at(factory.certificatesOf(token)[0]).backOffice()
    office = project.CertificateBackOffice.at(address)
    now = 2_000_000_000
    terms = (stranger, now, now, now, 0, False, False, False, False, 0, 0, 0, 0, 0, 0, bytes(32))
    with reverts("GiftCertificates_NotByItself", address):
        office.createSeries(terms, [], b"", {"from": stranger})
