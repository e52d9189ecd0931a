"""docs/ARCHITECTURE.md says who makes and calls whom as the sources do."""

from __future__ import annotations

import json
import re

import pytest

from tools import knowing, layouts
from tools.compiler import ROOT

CERTIFICATES = (
    "interfaces/IGiftCertificates",
    "contracts/GiftCertificates",
    "contracts/CertificateBackOffice",
)


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


def test_the_page_is_what_the_sources_say() -> None:
    between = layouts.PAGE.read_text().split(knowing.BEGIN)[1].split(knowing.END)[0]
    assert between == knowing.render()


@pytest.mark.parametrize("contract", knowing.contracts())
def test_what_it_is_made_with_is_what_the_compiler_says(contract: str) -> None:
    abi = json.loads((ROOT / f"build/contracts/{contract}.json").read_text())["abi"]
    inputs = [
        one["name"].rstrip("_") for entry in abi if entry["type"] == "constructor" for one in entry["inputs"]
    ]
    assert knowing.row(contract)[0] == (", ".join(f"`{name}`" for name in inputs) or "–")


def test_what_it_asks_is_answered() -> None:
    abis = [json.loads((ROOT / f"build/{name}.json").read_text())["abi"] for name in CERTIFICATES]
    answered = {entry["name"] for abi in abis for entry in abi if entry["type"] == "function"}
    asked = {
        name for contract in knowing.contracts() for name in re.findall(r"`(\w+)`", knowing.row(contract)[2])
    }
    assert {"issue", "restoreFromService", "countUsed", "pay"} <= asked <= answered


def test_who_takes_redemptions_answers_them_and_who_restores_lets_money_be_taken() -> None:
    rows = {contract: knowing.row(contract) for contract in knowing.contracts()}
    for contract, (_, _, asked, takes) in rows.items():
        text = knowing.text_of(contract)
        assert ("IRedemptionReceiver.onRedemption.selector" in text) == (
            takes == "yes" or contract == "GiftCertificates"
        )
        if contract != "JarBackOffice" and ("`restoreFromService`" in asked or "`issue`" in asked):
            assert "forceApprove(giftCertificates" in text


@pytest.mark.parametrize("contract", ["GiftCertificates", "StreamingTipEscrow"])
def test_a_contract_with_a_back_office_would_not_fit_alone(contract: str) -> None:
    most = 24_576  # bytes of code (EIP-170)
    assert f"{most:,} bytes of code (EIP-170)" in layouts.PAGE.read_text()
    sizes = {name: code_bytes(name) for name in (contract, knowing.row(contract)[1])}
    assert max(sizes.values()) <= most < sum(sizes.values())


def code_bytes(contract: str) -> int:
    built = json.loads((ROOT / f"build/contracts/{contract}.json").read_text())
    return len(built["deployedBytecode"].removeprefix("0x")) // 2
