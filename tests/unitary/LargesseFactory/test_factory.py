"""LargesseFactory: one contract of each part for each currency, at addresses known before.

The factory here has a part that no release has, "second": CertificateSales once more, for one row.
"""

from __future__ import annotations

from typing import Any, Final

import pytest
from brownie import web3
from brownie.exceptions import VirtualMachineError
from eth_abi.abi import encode

from largesse.eip712 import keccak
from largesse.parts import create3, first_created
from tests.support.certificates import ZERO
from tests.support.errors import revert_data, reverts

INITCODE_LIMIT: Final = 49_152  # EIP-3860
ONE_BYTE: Final = bytes.fromhex("60015ff3")  # creation code of a contract whose code is one zero byte


def code(container: Any) -> bytes:
    """Creation code without constructor arguments."""
    return bytes.fromhex(container.bytecode.removeprefix("0x"))


@pytest.fixture(scope="module")
def gift(project: Any) -> bytes:
    return code(project.GiftCertificates)


@pytest.fixture(scope="module")
def sales(project: Any) -> bytes:
    return code(project.CertificateSales)


@pytest.fixture(scope="module")
def token(module_isolation: None, project: Any, accounts: Any) -> Any:
    return project.TestToken.deploy("Won", "KRWT", 0, {"from": accounts[0]})


@pytest.fixture(scope="module")
def card_art(token: Any, project: Any, accounts: Any) -> Any:
    return project.CardArt.deploy({"from": accounts[0]})


@pytest.fixture(scope="module")
def make(card_art: Any, gift: bytes, project: Any, accounts: Any) -> Any:
    """`make(parts, certificates)`: a factory of these parts."""

    def make(parts: list[tuple[str, bytes]], certificates: bytes = keccak(gift)) -> Any:
        return project.LargesseFactory.deploy(card_art, certificates, parts, {"from": accounts[0]})

    return make


@pytest.fixture(scope="module")
def factory(make: Any, sales: bytes) -> Any:
    return make([("sales", keccak(sales)), ("second", keccak(sales))])


@pytest.fixture(scope="module")
def opened(token: Any, project: Any, accounts: Any, factory: Any, gift: bytes) -> Any:
    """Another currency, whose certificates are there."""
    other = project.TestToken.deploy("Euro", "EURT", 18, {"from": accounts[0]})
    factory.create("certificates", other, gift, {"from": accounts[0]})
    return other


# constructor


@pytest.mark.parametrize("name", ("sales", "certificates"))
def test_constructor_reverts_when_a_part_is_named_twice(make: Any, sales: bytes, name: str) -> None:
    """The second row would decide in silence what code a name stands for."""
    with reverts("LargesseFactory_PartTwice", name):
        make([("sales", keccak(sales)), (name, keccak(b"mine"))])


def test_constructor_reverts_when_a_part_has_no_code(make: Any, sales: bytes) -> None:
    with reverts("LargesseFactory_NoCode", "jars"):
        make([("sales", keccak(sales)), ("jars", bytes(32))])
    with reverts("LargesseFactory_NoCode", "certificates"):
        make([], bytes(32))


def test_constructor(factory: Any, card_art: Any, gift: bytes, sales: bytes) -> None:
    assert factory.cardArt() == card_art
    assert factory.codeHashOf("certificates") == "0x" + keccak(gift).hex()
    assert factory.codeHashOf("sales") == factory.codeHashOf("second") == "0x" + keccak(sales).hex()
    assert factory.codeHashOf("jars") == "0x" + "00" * 32


def test_a_factory_without_parts_has_certificates(make: Any, token: Any, gift: bytes, stranger: Any) -> None:
    alone = make([])
    alone.create("certificates", token, gift, {"from": stranger})
    assert alone.find("certificates", token)[1]


# create, find: what is refused


@pytest.mark.parametrize("name", ("jars", "", "Sales", "sales ", "sales\0", "certificates\0", "s" * 100))
def test_create_and_find_revert_when_the_part_is_unknown(
    factory: Any, opened: Any, sales: bytes, stranger: Any, name: str
) -> None:
    with reverts("LargesseFactory_UnknownPart", name):
        factory.create(name, opened, sales, {"from": stranger})
    with reverts("LargesseFactory_UnknownPart", name):
        factory.find(name, opened)


@pytest.mark.parametrize("part", ("certificates", "sales"))
def test_create_reverts_with_other_code(
    factory: Any, opened: Any, token: Any, gift: bytes, sales: bytes, stranger: Any, part: str
) -> None:
    """One bit off, another part's, with arguments of the caller's own behind it, or none."""
    right, other = (gift, sales) if part == "certificates" else (sales, gift)
    currency = token if part == "certificates" else opened
    changed = right[:-1] + bytes([right[-1] ^ 1])
    for wrong in (changed, other, right + encode(["address"], [stranger.address]), b""):
        with reverts("LargesseFactory_WrongCode", part, keccak(wrong), keccak(right)):
            factory.create(part, currency, wrong, {"from": stranger})


def test_create_reverts_when_the_currency_is_no_contract(factory: Any, gift: bytes, stranger: Any) -> None:
    for currency in (stranger.address, ZERO):
        with reverts("LargesseFactory_NoCurrency", currency):
            factory.create("certificates", currency, gift, {"from": stranger})


def test_create_reverts_before_the_certificates(
    factory: Any, token: Any, opened: Any, sales: bytes, stranger: Any
) -> None:
    """Another currency's certificates are none of this one's."""
    with reverts("LargesseFactory_CertificatesFirst", "sales", token):
        factory.create("sales", token, sales, {"from": stranger})


def test_create_reverts_twice(factory: Any, opened: Any, gift: bytes, sales: bytes, stranger: Any) -> None:
    factory.create("sales", opened, sales, {"from": stranger})
    for part, right in (("certificates", gift), ("sales", sales)):
        with reverts("LargesseFactory_AlreadyCreated", part, opened, factory.find(part, opened)[0]):
            factory.create(part, opened, right, {"from": stranger})


# create, find


def test_create_certificates(
    factory: Any, project: Any, token: Any, card_art: Any, gift: bytes, stranger: Any
) -> None:
    address, exists = factory.find("certificates", token)
    assert (address, exists) == (create3(factory.address, "certificates", token.address), False)
    tx = factory.create("certificates", token, gift, {"from": stranger})
    assert tx.return_value == address
    assert factory.find("certificates", token) == (address, True)
    assert dict(tx.events["Created"]) == {"currency": token, "created": address, "part": "certificates"}
    certificates = project.GiftCertificates.at(address)
    assert certificates.currency() == token
    assert web3.eth.get_code(certificates.backOffice()) != b""
    assert project.interface.IGiftCertificates(address).seriesCount() == 0


@pytest.mark.parametrize("part", ("sales", "second"))
def test_create_any_part_of_the_list(
    factory: Any, project: Any, opened: Any, sales: bytes, stranger: Any, part: str
) -> None:
    """A further part is a row of the constructor's list, nothing else."""
    address, exists = factory.find(part, opened)
    assert (address, exists) == (create3(factory.address, part, opened.address), False)
    tx = factory.create(part, opened, sales, {"from": stranger})
    assert tx.return_value == address
    assert factory.find(part, opened) == (address, True)
    assert dict(tx.events["Created"]) == {"currency": opened, "created": address, "part": part}
    made = project.CertificateSales.at(address)
    assert made.certificates() == factory.find("certificates", opened)[0]
    other = {"sales": "second", "second": "sales"}[part]
    assert not factory.find(other, opened)[1]


def test_addresses_differ_by_currency_and_part(factory: Any, token: Any, opened: Any) -> None:
    parts, currencies = ("certificates", "sales", "second"), (token, opened, ZERO)
    assert len({factory.find(part, currency)[0] for part in parts for currency in currencies}) == 9


# a thief


def test_who_comes_first_changes_neither_address_nor_code(
    factory: Any, project: Any, opened: Any, sales: bytes, stranger: Any, issuer: Any
) -> None:
    """Front-run, the issuer finds what he would have made."""
    meant = factory.create.call("sales", opened, sales, {"from": issuer})
    assert factory.create("sales", opened, sales, {"from": stranger}).return_value == meant
    factory.create("second", opened, sales, {"from": issuer})
    twin = factory.find("second", opened)[0]
    # The same code from another hand: but for the domain separator, which is made of the address.
    first, second = (
        web3.eth.get_code(one).replace(bytes.fromhex(one[2:]), b"").replace(_separator(project, one), b"")
        for one in (meant, twin)
    )
    assert first == second


def test_too_little_gas_leaves_nothing_half_made(
    factory: Any, token: Any, gift: bytes, stranger: Any, project: Any
) -> None:
    """The constructor of GiftCertificates makes a second piece: there are both or there is nothing."""
    enough = factory.create.estimate_gas("certificates", token, gift, {"from": stranger})
    for percent in (60, 80, 90, 95, 98):
        with pytest.raises(VirtualMachineError) as caught:
            factory.create(
                "certificates", token, gift, {"from": stranger, "gas_limit": enough * percent // 100}
            )
        # solady's CREATE3 in assembly: its error is in no ABI.
        assert revert_data(caught.value) == keccak(b"DeploymentFailed()")[:4]
        assert not factory.find("certificates", token)[1]
    address = factory.create("certificates", token, gift, {"from": stranger}).return_value
    assert web3.eth.get_code(project.GiftCertificates.at(address).backOffice()) != b""


@pytest.mark.parametrize(("inner", "succeeds"), (("sales", False), ("second", True)))
def test_a_currency_that_enters_again_from_a_constructor_doubles_nothing(
    factory: Any, gift: bytes, sales: bytes, stranger: Any, inner: str, *, succeeds: bool
) -> None:
    """CertificateSales approves its certificates when it is made, and the currency uses that moment."""
    evil = web3.to_checksum_address("0x" + "e7" * 20)
    call = bytes.fromhex(factory.create.encode_input(inner, evil, sales)[2:])
    web3.provider.make_request("anvil_setCode", [evil, "0x" + _calls(factory.address, call).hex()])
    factory.create("certificates", evil, gift, {"from": stranger})
    tx = factory.create("sales", evil, sales, {"from": stranger, "gas_limit": 29_000_000})
    done, answer = (int.from_bytes(web3.eth.get_storage_at(evil, slot)) for slot in (0, 1))
    created = [event["part"] for event in tx.events["Created"]]
    if succeeds:
        assert (done, created) == (1, ["second", "sales"])
    else:
        assert (done, created) == (0, ["sales"])
        assert (answer >> 224).to_bytes(4) == keccak(b"DeploymentFailed()")[:4]
    assert factory.find("sales", evil) == (create3(factory.address, "sales", evil), True)
    assert factory.find("second", evil)[1] is succeeds


def test_who_sends_code_to_a_helper_has_a_contract_elsewhere(
    factory: Any, token: Any, gift: bytes, stranger: Any
) -> None:
    """CREATE3 deploys by a helper that makes whatever anybody sends it. Its first contract is the part, and
    nothing else ever is. Money that lay at the part's address before changes nothing.
    """
    meant = create3(factory.address, "certificates", token.address)
    web3.provider.make_request("anvil_setBalance", [meant, hex(1)])
    tx = factory.create("certificates", token, gift, {"from": stranger})
    (helper,) = (one for one in tx.new_contracts if first_created(one) == meant)
    before = web3.eth.get_code(meant)
    sent = stranger.transfer(helper, data="0x" + ONE_BYTE.hex())
    assert [web3.eth.get_code(one) for one in sent.new_contracts] == [b"\0"]
    assert meant not in sent.new_contracts
    assert factory.find("certificates", token) == (meant, True)
    assert web3.eth.get_code(meant) == before


def test_creation_code_may_be_as_long_as_the_chain_allows(make: Any, token: Any, stranger: Any) -> None:
    """The arguments count: 64 bytes for the certificates, 32 for any other part."""

    def padded(length: int) -> bytes:
        return ONE_BYTE.ljust(length, b"\0")

    certificates, part = padded(INITCODE_LIMIT - 64), padded(INITCODE_LIMIT - 32)
    rows = [("long", keccak(part)), ("longer", keccak(part + b"\0"))]
    factory = make(rows, keccak(certificates))
    factory.create("certificates", token, certificates, {"from": stranger})
    factory.create("long", token, part, {"from": stranger})
    assert web3.eth.get_code(factory.find("long", token)[0]) == b"\0"
    with reverts("DeploymentFailed"):
        factory.create("longer", token, part + b"\0", {"from": stranger})
    other = make(rows, keccak(certificates + b"\0"))
    with reverts("DeploymentFailed"):
        other.create("certificates", token, certificates + b"\0", {"from": stranger})


def test_the_back_office_opens_no_series_by_itself(
    factory: Any, project: Any, opened: Any, stranger: Any
) -> None:
    """Called at its own address, the second piece of code would be a second, unknown ledger."""
    address = project.GiftCertificates.at(factory.find("certificates", opened)[0]).backOffice()
    office = project.CertificateBackOffice.at(address)
    now = 2_000_000_000
    terms = (stranger, now, now, now, 0, False, False, False, False, 0, 0, 0, 0, 0, 0, bytes(32))
    with reverts("GiftCertificates_NotByItself", address):
        office.createSeries(terms, [], b"", {"from": stranger})


def _separator(project: Any, address: str) -> bytes:
    return bytes.fromhex(str(project.CertificateSales.at(address).DOMAIN_SEPARATOR())[2:])


def _calls(to: str, data: bytes) -> bytes:
    """Code of a contract that returns true whatever is called. The first time, it calls `to` with `data` and
    9,000,000 gas, and keeps success in slot 0 and the answer's first bytes in slot 1."""
    size = len(data).to_bytes(3).hex()
    once = "60025461{end:04x}576001600255"
    call = f"62{size}61{{data:04x}}5f395f5f62{size}5f5f73{to[2:]}62{9_000_000:06x}f15f55"
    keep = "60045f5f3e5f51600155"
    body = once + call + keep
    end = len(bytes.fromhex(body.format(end=0, data=0)))
    true = "5b60015f5260205ff3"
    return bytes.fromhex(body.format(end=end, data=end + len(true) // 2) + true) + data
