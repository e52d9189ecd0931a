"""docs/ARCHITECTURE.md shows storage as the compiler lays it out; its pictures name what there is."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tools import layouts
from tools.compiler import ROOT


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


@pytest.fixture(scope="module")
def compiled() -> dict[str, Any]:
    return layouts.compiled()


def test_the_page_is_what_the_compiler_says(compiled: dict[str, Any]) -> None:
    between = layouts.PAGE.read_text().split(layouts.BEGIN)[1].split(layouts.END)[0]
    assert between == layouts.render(compiled)


@pytest.mark.parametrize(
    ("contract", "office"),
    [("GiftCertificates", "CertificateBackOffice"), ("StreamingTipEscrow", "JarBackOffice")],
)
def test_both_pieces_share_every_slot(compiled: dict[str, Any], contract: str, office: str) -> None:
    mine, other = (layouts.render({"": compiled[name]}) for name in (contract, office))
    assert mine == other != layouts.render({"": {"storage": [], "types": None}})


ROLES = {"Agent", "Auditor", "Charity", "Creator", "Developer", "Friend", "Gateway", "Giver", "Holder"}
ROLES |= {"Hunter", "Issuer", "Merchant", "Node", "Operator", "Recipient", "Relayer", "Seller"}
ROLES |= {"Subscriber", "Till", "Webhook"}
PICTURES = re.findall(r"```mermaid\nsequenceDiagram\n(.*?)```", layouts.PAGE.read_text(), re.DOTALL)


def test_there_is_a_picture_for_each_journey() -> None:
    journeys = {path.name for path in ROOT.glob("tests/journeys/test_journey_*.py")}
    told = set(re.findall(r"`tests/journeys/(test_journey_\w+\.py)`", layouts.PAGE.read_text()))
    assert told == journeys
    assert len(PICTURES) == len(journeys)


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_names_what_there_is(picture: str) -> None:
    contracts = {path.stem for path in ROOT.glob("contracts/*.sol")}
    messages = re.findall(r"^    (\w+)->>(\w+): (.+)$", picture, re.MULTILINE)
    assert len(messages) == len(picture.strip().splitlines())
    assert {party for one in messages for party in one[:2]} <= contracts | ROLES
    unknown = [
        (text, to) for _, to, text in messages if to in contracts and text not in functions_of(f"I{to}")
    ]
    assert unknown == []


def functions_of(interface: str) -> set[str]:
    """Of the interface and of our own interfaces that it inherits."""
    text = (ROOT / f"interfaces/{interface}.sol").read_text()
    head = re.search(rf"^interface {interface}(?: is ([\w, ]+))? \{{", text, re.MULTILINE)
    assert head
    parents = [one for one in (head[1] or "").split(", ") if (ROOT / f"interfaces/{one}.sol").exists()]
    body = text[head.end() :].split("\n}")[0] if not text[head.end() :].startswith("}") else ""
    return set(re.findall(r"function (\w+)\(", body)).union(*(functions_of(one) for one in parents))


def test_an_interface_has_its_own_functions_and_its_parents() -> None:
    assert {"claim", "redeem", "refund", "windDown"} <= functions_of("IGiftCertificates")
    assert {"fill", "cancel"} <= functions_of("ICertificateMarket")
    assert "windDown" not in functions_of("ICertificatePayments") | functions_of("ICertificateMarket")
