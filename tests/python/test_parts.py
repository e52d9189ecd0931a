"""The rows of `PARTS` are such as the factory and the check can use."""

from __future__ import annotations

import pytest

from largesse.artifacts import artifact
from largesse.parts import CERTIFICATES, PARTS, Part


def test_names_and_contracts_occur_once() -> None:
    """The factory's constructor refuses a name twice; a contract twice is a slip of the pen."""
    names = [CERTIFICATES, *(part.name for part in PARTS)]
    contracts = ["GiftCertificates", *(part.contract for part in PARTS)]
    assert len({*names}) == len(names)
    assert len({*contracts}) == len(contracts)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_part_is_made_from_its_certificates_and_names_them(part: Part) -> None:
    abi = artifact(part.contract).abi
    made_from = [[one["type"] for one in item["inputs"]] for item in abi if item["type"] == "constructor"]
    assert made_from == [["address"]]
    (getter,) = [item for item in abi if item.get("name") == "certificates" and item["type"] == "function"]
    assert ([one["type"] for one in getter["outputs"]], getter["inputs"]) == (["address"], [])
    assert getter["stateMutability"] in ("view", "pure")
