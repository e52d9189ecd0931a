"""`account`, and what every script does about transactions that no block has taken, or that are not final."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from brownie import web3

from largesse import deploying
from largesse import session as sessions
from largesse.chain import ChainError, Fees, Node
from largesse.deploying import Plan, plan_deployment
from largesse.deployment import DeploymentError
from largesse.session import SessionError, live_settings
from largesse.waiting import Sent, await_final, replace_first, require_nothing_waiting, sent_by
from scripts import account, create_series, deploy
from tests.fixtures.desk import MANIFEST, Desk
from tests.scripts.test_deploy import another_token

GWEI = 10**9


@pytest.fixture(scope="module")
def desk(desk_with_a_past: Desk) -> Desk:
    return desk_with_a_past


@contextmanager
def no_blocks(node: Node) -> Iterator[None]:
    """Nothing that is sent gets into a block within."""
    node.develop("evm_setAutomine", [False])
    try:
        yield
    finally:
        node.develop("evm_setAutomine", [True])
        node.develop("evm_mine", [])


def send(desk: Desk, role: str, fees: Fees | None = None) -> str:
    """Send an empty payment, and wait for nothing."""
    node, wallet = desk.session.node, desk.wallet(role)
    nonce = web3.eth.get_transaction_count(wallet.address, "pending")
    signed = node.sign(wallet, wallet.address, b"", nonce=nonce, gas=21_000, fees=fees)
    node.broadcast(signed.raw)
    return signed.tx_hash


# ------------------------------------------------------------------------------------------------- account


def test_an_account_shows_its_money_and_what_waits(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    before = account.main("of=agent")
    assert before is not None
    assert before.final == before.mined == before.known
    held = web3.eth.get_balance(desk.address("agent"))
    with no_blocks(desk.session.node):
        send(desk, "agent")
        assert account.main("of=agent") == Sent(before.mined, before.mined, before.mined + 1)
        assert account.main("from=agent") == Sent(before.mined, before.mined, before.mined + 1)
    assert account.main("of=agent") == Sent(before.mined + 1, before.mined + 1, before.mined + 1)
    shown = capsys.readouterr().out
    assert f"{held // 10**18:,}" in shown
    assert "in no block yet" in shown


def test_of_several_confirmations_the_last_blocks_are_not_final(desk: Desk) -> None:
    node = Node(web3, confirmations=3)
    before = sent_by(node, desk.address("agent")).known
    send(desk, "agent")
    await_final(desk.session.node, desk.address("agent"))  # which is content with one confirmation
    for final in (before, before, before + 1):
        assert sent_by(node, desk.address("agent")) == Sent(final, before + 1, before + 1)
        node.develop("evm_mine", [])


def test_what_waits_is_replaced(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    node = desk.session.node
    assert account.replace("from=agent") == ""
    assert "nothing to replace" in capsys.readouterr().out
    with pytest.raises(ChainError) as nothing:
        replace_first(node, desk.wallet("agent"), GWEI)
    assert nothing.value.reason == "nothing_waiting"
    with no_blocks(node):
        stuck = send(desk, "agent", Fees(40 * GWEI, 3 * GWEI))
        second = send(desk, "agent", Fees(40 * GWEI, 3 * GWEI))
        with pytest.raises(ChainError) as error:
            replace_first(node, desk.wallet("agent"), 40 * GWEI)
        assert error.value.reason == "too_dear"
        signed = replace_first(node, desk.wallet("agent"), 500 * GWEI)
    assert web3.eth.get_transaction_receipt(signed.tx_hash)["status"] == 1  # type: ignore[arg-type]
    assert web3.eth.get_transaction_receipt(second)["status"] == 1  # type: ignore[arg-type]
    with pytest.raises(Exception, match="not found"):
        web3.eth.get_transaction_receipt(stuck)  # type: ignore[arg-type]


def test_on_a_live_chain_a_replacement_is_asked_for(
    desk: Desk, live: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = desk.session.node
    nonce = web3.eth.get_transaction_count(desk.address("agent"))
    with no_blocks(node):
        stuck = send(desk, "agent", Fees(3 * GWEI, 3 * GWEI))
        live("no", ops=desk.wallet("agent"))  # type: ignore[operator]
        with pytest.raises(SessionError) as error:
            account.replace("from=ops")
        assert error.value.reason == "not_confirmed"
        monkeypatch.setattr(Node, "wait", lambda *_: None)  # nothing is mined here
        asked = live(f"replace {nonce}", ops=desk.wallet("agent"))  # type: ignore[operator]
        made = account.replace("from=ops")
    assert "An empty payment takes the place of agent's transaction" in asked[0]
    assert made not in ("", None, stuck)
    assert web3.eth.get_transaction_receipt(made)["status"] == 1  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------- scripts that must not


def test_nothing_is_sent_twice_after_an_interruption(desk: Desk) -> None:
    """What a killed run has sent may still be mined: sending it again would cost its gas for nothing."""
    block = desk.block()
    with no_blocks(desk.session.node):
        send(desk, "deployer")
        send(desk, "issuer")
        for run, who in ((deploy.main, "deployer"), (create_series.main, "issuer")):
            given = [f"manifest={MANIFEST}"]
            with pytest.raises(ChainError) as error:
                run(*given)
            assert error.value.reason == "waiting"
            assert f"brownie run account replace from={who}" in str(error.value)
        assert desk.block() == block
    require_nothing_waiting(desk.session.node, desk.wallet("deployer"))


@pytest.mark.parametrize("steps", (0, 1, 4))
def test_an_interrupted_deployment_goes_on_where_it_stopped(desk: Desk, steps: int) -> None:
    """Also when it dies after its last transaction, before the record is written."""
    node, plan = desk.session.node, plan_deployment(desk.session.node, [another_token(desk)])
    seen: list[int] = []

    def die(_step: object, gas: int) -> None:
        seen.extend([gas] if gas else [])
        if len(seen) > steps:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deploying.deploy(node, desk.wallet("deployer"), plan, die)
    again: Plan = plan_deployment(node, [one.token.address for one in plan.currencies])
    assert len(again.missing) == len(plan.missing) - steps - 1
    assert again.gas == sum(step.gas for step in plan.missing[steps + 1 :])
    assert [step.address for step in again.steps] == [step.address for step in plan.steps]
    block = desk.block()
    made = deploying.deploy(node, desk.wallet("deployer"), again)
    assert desk.block() == block + len(again.missing)
    assert [one.certificates for one in made.currencies] == [one.certificates for one in plan.currencies]


def test_a_deployment_is_waited_for_until_it_is_final(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    node = Node(web3, confirmations=5)
    plan = plan_deployment(node, [another_token(desk)])
    monkeypatch.setattr(time, "sleep", lambda _: node.develop("evm_mine", []))
    made = deploying.deploy(node, desk.wallet("deployer"), plan)
    assert sent_by(node, desk.address("deployer")).final == sent_by(node, desk.address("deployer")).known
    last = made.currencies[0].parts["items"]
    assert web3.eth.get_code(last, desk.block() - 4) != b""  # type: ignore[arg-type]


def test_what_does_not_become_final_is_told(desk: Desk) -> None:
    node = Node(web3, confirmations=5)
    send(desk, "agent")
    with pytest.raises(ChainError) as error:
        await_final(node, desk.address("agent"), seconds=0)
    assert error.value.reason == "unconfirmed"
    assert "not under 5 blocks" in str(error.value)


def test_a_series_that_a_re_org_renumbers_is_found_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Between the opening and its confirmations somebody else's series takes the number."""
    manifest = tmp_path / "again.toml"
    text = Path("examples/manifests/spring.toml").read_text(encoding="utf-8")
    manifest.write_text(text.replace("Spring", "Autumn").replace("kr-spring", "kr-autumn"), encoding="utf-8")
    snapshot = desk.session.node.develop("evm_snapshot", [])
    count = desk.krw.series_count()

    def happen(node: Node, _account: str) -> None:
        node.develop("evm_revert", [snapshot])
        art = node.call(desk.krw.contract.functions.art(1))
        terms = replace(desk.krw.terms(1), fee_bps=7)
        desk.krw.create_series(desk.wallet("stranger"), terms, [desk.address("cafe")], art)

    monkeypatch.setattr(create_series, "await_final", happen)
    create_series.main(f"manifest={manifest}", "series=kr-autumn-50000")
    chosen = desk.session.series("kr-autumn-50000")
    assert chosen.series_id == count + 2
    assert chosen.certificates.state(chosen.series_id).issuer == desk.address("issuer")


# ------------------------------------------------------------------------------------------- a live session


def test_what_a_deployment_costs_is_said_before_it_is_confirmed(
    desk: Desk, live: object, capsys: pytest.CaptureFixture[str]
) -> None:
    token = another_token(desk)
    gas = plan_deployment(desk.session.node, [token]).gas
    live("no", ops=desk.wallet("deployer"))  # type: ignore[operator]
    with pytest.raises(SessionError):
        deploy.main(f"currency={token}", "from=ops")
    assert f"At most {gas:,} gas at " in capsys.readouterr().out
    poor = sessions.Wallet.from_key("poor", b"\7" * 32)
    asked = live("deploy on 31337", ops=poor)  # type: ignore[operator]
    block = desk.block()
    with pytest.raises(DeploymentError) as error:
        deploy.main(f"currency={token}", "from=ops")
    assert error.value.reason == "not_enough_ether"
    assert (asked, desk.block()) == ([], block)


def test_a_live_chains_settings_come_from_the_environment() -> None:
    assert live_settings({}) == (12, None)
    assert live_settings({"LARGESSE_CONFIRMATIONS": "3", "LARGESSE_PRIORITY_FEE": "0.05"}) == (3, 50_000_000)
    assert live_settings({"LARGESSE_PRIORITY_FEE": "0"}) == (12, 0)
    for name, value in (
        ("LARGESSE_CONFIRMATIONS", "0"), ("LARGESSE_CONFIRMATIONS", "two"), ("LARGESSE_PRIORITY_FEE", "1e3")
    ):  # fmt: skip
        with pytest.raises(SessionError) as error:
            live_settings({name: value})
        assert error.value.reason == "bad_setting"
        assert f"{name}={value}" in str(error.value)


def test_a_tip_that_is_set_is_the_one_that_is_paid(desk: Desk) -> None:
    node = Node(web3, tip=7)
    base = int(web3.eth.get_block("latest")["baseFeePerGas"])
    assert node.fees() == Fees(2 * base + 7, 7)


def test_a_wrong_password_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_accounts: object, name: str) -> None:
        if name == "ops":
            raise ValueError("MAC mismatch")
        raise FileNotFoundError(name)

    monkeypatch.setattr("brownie.network.account.Accounts.load", refuse)
    for name, reason in (("ops", "wrong_password"), ("nobody", "unknown_account")):
        with pytest.raises(SessionError) as error:
            sessions._load_account(name)
        assert error.value.reason == reason
