"""`python -m tools.verification`: what it writes is enough to compile; what differs on the chain is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from brownie import web3

from largesse.deployment import Deployment
from largesse.parts import PARTS, first_created
from tests.fixtures.desk import Desk
from tools import verification
from tools.verification import Compiled, contracts_of, differences, standard_input

SMALL = ("LargesseFactory", "PrepaidAccounts")
"""Those that are compiled here: one of a chain's, one of a currency's, with eight immutables."""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Compiled]:
    folder = tmp_path_factory.mktemp("inputs")
    found = {}
    for name in SMALL:
        (folder / f"{name}.json").write_text(json.dumps(standard_input(name)), encoding="utf-8")
        found[name] = verification.compile_input(folder / f"{name}.json", name)
    return found


@pytest.fixture
def compiles_once(compiled: dict[str, Compiled], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "compile_input", lambda _path, name: compiled[name])


@contextmanager
def other_code(desk: Desk, address: str, code: bytes) -> Iterator[None]:
    kept = bytes(web3.eth.get_code(address))  # type: ignore[arg-type]
    desk.session.node.develop("anvil_setCode", [address, "0x" + code.hex()])
    try:
        yield
    finally:
        desk.session.node.develop("anvil_setCode", [address, "0x" + kept.hex()])


def made(desk: Desk) -> Deployment:
    return desk.session.deployment()


def test_every_contract_of_a_deployment_is_listed(desk: Desk) -> None:
    listed = contracts_of(made(desk))
    assert len(listed) == 4 + 3 * (len(PARTS) + 3)
    assert len({one.address for one in listed}) == len(listed)
    assert all(web3.eth.get_code(one.address) != b"" for one in listed)  # type: ignore[arg-type]
    # What a constructor creates itself is among them.
    for one in made(desk).currencies:
        created = {one.back_office, first_created(one.part("jars"))}
        assert created <= {other.address for other in listed}


def test_what_is_written_is_enough_and_is_the_code_of_the_chain(
    desk: Desk, compiles_once: None, node_url: str, state_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--node", node_url, "--only", ",".join(SMALL)]
    assert verification.main(given) == 0
    folder = state_folder / "out/verification/31337"
    assert sorted(path.stem for path in folder.iterdir()) == [
        "LargesseFactory",
        "PrepaidAccounts",
        "contracts",
    ]
    rows = json.loads((folder / "contracts.json").read_text())
    assert [row["contract"] for row in rows] == ["contracts/LargesseFactory.sol:LargesseFactory"] + 3 * [
        "contracts/PrepaidAccounts.sol:PrepaidAccounts"
    ]
    assert {row["compiler"] for row in rows} == {"v0.8.37+commit.f401782d"}
    assert not any(row["differs"] for row in rows)
    certificates = [one.certificates[2:].lower() for one in made(desk).currencies]
    assert [row["constructor_arguments"] for row in rows[1:]] == ["0" * 24 + one for one in certificates]
    written = json.loads((folder / "PrepaidAccounts.json").read_text())
    assert written["settings"]["optimizer"] == {"enabled": True, "runs": 3000}
    assert written["settings"]["viaIR"] is True
    assert written["settings"]["evmVersion"] == "cancun"
    assert "contracts/accounts/AccountLedger.sol" in written["sources"]
    assert "node_modules/@openzeppelin/contracts/token/ERC20/IERC20.sol" in written["sources"]
    assert not any("test" in path for path in written["sources"])
    assert "is what these sources compile to" in capsys.readouterr().out


def test_an_input_that_lacks_a_source_is_refused(tmp_path: Path) -> None:
    """The compiler would find it beside the input; an explorer has nothing but the input."""
    written = standard_input("LargesseFactory")
    del written["sources"]["interfaces/ILargesseFactory.sol"]
    path = tmp_path / "LargesseFactory.json"
    path.write_text(json.dumps(written), encoding="utf-8")
    with pytest.raises(verification.VerificationError) as error:
        verification.compile_input(path, "LargesseFactory")
    assert error.value.reason in ("incomplete", "not_compiled")
    assert "interfaces/ILargesseFactory.sol" in str(error.value)


@pytest.mark.parametrize(
    ("name", "place", "told"),
    (
        ("LargesseFactory", 100, "other bytes from byte 100 on, in the code"),
        ("PrepaidAccounts", 2_000, "other bytes from byte 2,000 on, in the code"),
        ("PrepaidAccounts", -20, "only in the metadata: names, comments or settings"),
    ),
)
def test_other_code_on_the_chain_is_named(
    desk: Desk,
    compiles_once: None,
    node_url: str,
    capsys: pytest.CaptureFixture[str],
    name: str,
    place: int,
    told: str,
) -> None:
    one = next(one for one in contracts_of(made(desk)) if one.name == name)
    code = bytearray(web3.eth.get_code(one.address))  # type: ignore[arg-type]
    code[place] ^= 1
    with other_code(desk, one.address, bytes(code)):
        assert verification.main(["--node", node_url, "--only", ",".join(SMALL)]) == 1
    output = capsys.readouterr()
    assert f"{name} at {one.address}: " in output.err
    assert told in output.err
    assert output.out.count("differs") == 1
    assert output.out.count("same") == 3


def test_shorter_code_and_none_at_all_are_told(desk: Desk, compiled: dict[str, Compiled]) -> None:
    one = next(one for one in contracts_of(made(desk)) if one.name == "LargesseFactory")
    code = bytes(web3.eth.get_code(one.address))  # type: ignore[arg-type]
    assert differences(one, compiled["LargesseFactory"], code) == ()
    assert differences(one, compiled["LargesseFactory"], b"") == (f"there is no code at {one.address}",)
    (told,) = differences(one, compiled["LargesseFactory"], code[:-1])
    assert told == f"{len(code) - 1} bytes of code, and {len(code)} were compiled"


def test_every_immutable_is_compared(desk: Desk, compiled: dict[str, Compiled]) -> None:
    """The same code over another currency, or at another address, is not the same contract."""
    prepaid = [one for one in contracts_of(made(desk)) if one.name == "PrepaidAccounts"]
    won, usdc, euro = prepaid
    names = set(compiled["PrepaidAccounts"].holes)
    assert {"_unit", "_most", "_currency", "_certificates", "_cachedDomainSeparator"} <= names
    for one in prepaid:
        found = bytes(web3.eth.get_code(one.address))  # type: ignore[arg-type]
        assert differences(one, compiled["PrepaidAccounts"], found) == ()
        for name, places in compiled["PrepaidAccounts"].holes.items():
            changed = bytearray(found)
            changed[places[-1] + 31] ^= 1
            (told,) = differences(one, compiled["PrepaidAccounts"], bytes(changed))
            assert told.startswith(f"{name} is 0x")
    found = bytes(web3.eth.get_code(usdc.address))  # type: ignore[arg-type]
    told = differences(won, compiled["PrepaidAccounts"], found)
    assert any(line.startswith("_certificates is ") for line in told)
    found = bytes(web3.eth.get_code(euro.address))  # type: ignore[arg-type]
    told = differences(won, compiled["PrepaidAccounts"], found)
    assert any(line.startswith("_unit is ") for line in told)


def test_an_immutable_that_nobody_knows_is_told(desk: Desk, compiled: dict[str, Compiled]) -> None:
    one = next(one for one in contracts_of(made(desk)) if one.name == "LargesseFactory")
    code = bytes(web3.eth.get_code(one.address))  # type: ignore[arg-type]
    nameless = verification.Deployed(one.name, one.address, one.arguments, {})
    assert differences(nameless, compiled["LargesseFactory"], code) == (
        "what cardArt must be is not known here",
    )


def test_bad_input_is_told(
    desk: Desk,
    node_url: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert verification.main(["--node", node_url, "--only", "Nothing"]) == 1
    assert "Nothing [unknown_contract]" in capsys.readouterr().err
    monkeypatch.setenv("LARGESSE_STATE", str(tmp_path))
    assert verification.main(["--node", node_url]) == 1
    assert "[not_deployed]" in capsys.readouterr().err
