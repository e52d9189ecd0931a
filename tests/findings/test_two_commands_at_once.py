"""Two commands that are typed at once, as in two terminals, wrote over each other's files.

`swap propose` and `pool open` looked whether a name was free, asked their question, and wrote: the secret of
a lock that was made meanwhile under that name was gone, and the number of a pool that was paid for. `deploy`
and `create_series` wrote the record down as they had read it: series, and whole currencies, that another run
had added meanwhile were missing in it, and so in proofs of solvency and reports. And what was being written
stood in one file for all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from largesse import session as sessions
from largesse.chain import development_wallet
from largesse.clients.swaps import Ticket, hash_of
from largesse.deployment import DeploymentError
from largesse.errors import LargesseError
from largesse.files import CHECKOUT, replace_file
from largesse.pool_files import PoolFile
from largesse.session import Session
from scripts import create_series, deploy, pool, swap
from tests.fixtures.desk import Desk
from tests.support.crowd import deploy as put_on_chain

OPEN, SPRING = (CHECKOUT / f"examples/manifests/{name}.toml" for name in ("open", "spring"))
Meanwhile = Callable[[str, Callable[[], Any]], None]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """On a live chain, where a command asks: `meanwhile(answer, run)` has `run` done before that."""

    def make(answer: str, run: Callable[[], Any]) -> None:
        here, left = sessions.open_session(), [run]

        def ask(_question: str) -> str:
            if left:
                left.pop()()
            return answer

        live = Session(here.node, False, here.state, development_wallet, ask)
        monkeypatch.setattr(sessions, "open_session", lambda: live)

    return make


@pytest.fixture
def record(desk: Desk) -> Iterator[Path]:
    """The record's file, which is set back with the chain's state."""
    path = desk.session.records / "31337.json"
    before = path.read_bytes()
    yield path
    path.write_bytes(before)


def refused(run: Callable[..., Any], *given: str) -> str:
    with pytest.raises(LargesseError) as error:
        run(*given)
    return error.value.reason


# -------------------------------------------------------------------------------------------------- one name


def test_a_secret_is_not_written_over(desk: Desk, tickets: Path, meanwhile: Meanwhile) -> None:
    given = ("currency=KRWT", f"to={desk.address('agent')}", "name=mine", "from=holder")
    made: list[Ticket] = []
    meanwhile("lock", lambda: made.append(swap.propose(*given, "amount=5000")))
    assert refused(swap.propose, *given, "amount=26000") == "exists"
    assert Ticket.read(tickets / "mine.json") == made[0]
    assert hash_of(bytes.fromhex((tickets / "mine.secret").read_text()[2:])) == made[0].lock.hash
    assert desk.won.balance(desk.session.swaps("KRWT").address) == 5000


def test_a_pool_is_not_written_over(desk: Desk, meanwhile: Meanwhile) -> None:
    given = (
        *("currency=USDC", "name=twice", f"attester={desk.address('operator')}", "reader_cap=1"),
        *("pool_cap=10", "from=supporter"),
    )
    made: list[bytes] = []
    meanwhile("pay", lambda: made.append(pool.open(*given, "amount=5")))
    try:
        assert refused(pool.open, *given, "amount=50") == "exists"
        found = PoolFile.read(desk.session.out("pools") / "twice.json")
        assert (found.pool_id, pool.show("pool=twice")) == (made[0], 5 * 10**6)
    finally:
        (desk.session.out("pools") / "twice.json").unlink()


# ------------------------------------------------------------------------------------------------ one record


def series_of(manifest: Path) -> set[str]:
    return {one.name for one in create_series.load_manifest(manifest).series}


def opening(desk: Desk, manifest: Path) -> tuple[str, ...]:
    """How a manifest is typed on a live chain."""
    roles = sorted(create_series.load_manifest(manifest).roles())
    named = (f"{role}={desk.address(role)}" for role in roles if role in sessions.ROLES)
    return (f"manifest={manifest}", "from=issuer", *named)


def test_series_of_two_manifests_are_both_written_down(
    desk: Desk, record: Path, meanwhile: Meanwhile
) -> None:
    before = {one.name for one in desk.session.deployment().series}
    meanwhile("open 1", lambda: create_series.main(*opening(desk, SPRING)))
    create_series.main(*opening(desk, OPEN))
    found = {one.name for one in desk.session.deployment().series}
    assert found == before | series_of(SPRING) | series_of(OPEN)


def test_a_series_outlives_a_deployment(desk: Desk, record: Path, meanwhile: Meanwhile) -> None:
    new = put_on_chain(desk.session.node.web3, "TestToken", "One", "ONE", 2).address
    meanwhile("deploy on 31337", lambda: desk_opens(desk, SPRING))
    deploy.main(f"currency={new}", "from=deployer")
    found = desk.session.deployment()
    assert series_of(SPRING) <= {one.name for one in found.series}
    assert found.currency("ONE").token == new


def desk_opens(desk: Desk, manifest: Path) -> None:
    """As it is typed on a development chain, which asks nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessions, "open_session", lambda: desk.session)
        create_series.main(f"manifest={manifest}")


@pytest.mark.parametrize("symbols", [("ONE", "TWO"), ("ONE", "ONE")])
def test_two_deployments_are_both_written_down(
    desk: Desk, record: Path, meanwhile: Meanwhile, symbols: tuple[str, str]
) -> None:
    """Or the second one says that it can't be, where their currencies have one name."""
    tokens = [put_on_chain(desk.session.node.web3, "TestToken", "X", one, 2).address for one in symbols]
    meanwhile("deploy on 31337", lambda: deploy.main(f"currency={tokens[0]}", "from=deployer"))
    if symbols[0] == symbols[1]:
        with pytest.raises(DeploymentError) as error:
            deploy.main(f"currency={tokens[1]}", "from=deployer")
        assert error.value.reason == "symbol_taken"
        assert desk.session.deployment().currency("ONE").token == tokens[0]
        return
    deploy.main(f"currency={tokens[1]}", "from=deployer")
    found = desk.session.deployment()
    assert [found.currency(one).token for one in symbols] == tokens


# -------------------------------------------------------------------------------------------------- one file


def test_a_file_that_two_replace_is_whole(tmp_path: Path) -> None:
    path, contents = tmp_path / "record.json", [letter * size for letter, size in ((b"a", 10**6), (b"b", 10))]
    faults: list[BaseException] = []
    replace_file(path, contents[0])
    stop = threading.Event()

    def write(content: bytes) -> None:
        try:
            for _ in range(40):
                replace_file(path, content)
        except OSError as error:
            faults.append(error)

    def read() -> None:
        while not stop.is_set():
            if path.read_bytes() not in contents:
                faults.append(ValueError("a half"))
                return

    threads = [threading.Thread(target=write, args=(content,)) for content in contents * 2]
    reader = threading.Thread(target=read)
    for thread in (reader, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    reader.join()
    assert faults == []
    assert [one.name for one in tmp_path.iterdir()] == ["record.json"]
