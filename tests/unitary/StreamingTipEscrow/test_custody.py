"""permit, cancelConsents, withdrawOwed and the views: what every contract that holds a currency answers."""

from typing import Any

import pytest

from tests.fixtures.tokens import FALSE_MODES, MakeToken, sign_permit, token_domain
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, NOON, ZERO, Jars
from tests.support.logs import logs_of
from tests.support.outputs import returned

UNIT = 10**9
NONCE_WINDOW = 2**32


def permit_of(jars: Jars, owner: Any, amount: int, deadline: int = NOON + DAY, signer: Any = None) -> Any:
    """The arguments of `permit`."""
    nonce = int(jars.token.nonces(owner))
    signature = sign_permit(
        jars.world.key(signer or owner),
        token_domain(jars.token),
        owner,
        jars.escrow,
        amount,
        nonce,
        deadline,
    )
    return (str(owner), amount, deadline, *signature)


@pytest.fixture
def poor(jars: Jars) -> Any:
    """Somebody with 1,000 and no approval."""
    jars.token.mint(jars.recipient, 1_000, {"from": jars.deployer})
    return jars.recipient


# permit


def test_permit_allows_for_the_next_call(jars: Jars, poor: Any) -> None:
    """Both in one transaction, sent by the payer."""
    key = jars.key(payer=poor)
    calls = [
        jars.escrow.permit.encode_input(*permit_of(jars, poor, 1_000)),
        jars.escrow.open.encode_input(key, UNIT, 1_000, ITSELF),
    ]
    at(NOON)
    jars.deployed.multicall(calls, {"from": poor})
    assert jars.escrow.stream(key) == (UNIT, NOON, NOON + 1_000, 0)
    assert jars.balance(poor) == jars.token.allowance(poor, jars.escrow) == 0


def test_permit_and_consent_in_one_transaction_of_a_relayer(jars: Jars, poor: Any) -> None:
    values = (str(poor), jars.jar, 1_000, "")
    consent = jars.consent("Tip", *values, signer=poor)
    calls = [
        jars.escrow.permit.encode_input(*permit_of(jars, poor, 1_000)),
        jars.escrow.tip.encode_input(*values, consent),
    ]
    jars.deployed.multicall(calls, {"from": jars.relayer})
    assert jars.due() == 1_000 * UNIT


def test_a_permit_that_somebody_used_first_changes_nothing(jars: Jars, poor: Any) -> None:
    permit = permit_of(jars, poor, 1_000)
    calls = [
        jars.escrow.permit.encode_input(*permit),
        jars.escrow.tip.encode_input(poor, jars.jar, 1_000, "", ITSELF),
    ]
    thief = {"from": jars.stranger}
    jars.token.permit(str(poor), str(jars.escrow), *permit[1:], thief)
    jars.deployed.multicall(calls, {"from": poor})
    assert jars.due() == 1_000 * UNIT


@pytest.mark.parametrize("fault", ["forged", "expired", "for another amount"])
def test_a_bad_permit_allows_nothing_and_reverts_nothing(jars: Jars, poor: Any, fault: str) -> None:
    at(NOON)
    if fault == "forged":
        permit = permit_of(jars, poor, 1_000, signer=jars.stranger)
    elif fault == "expired":
        permit = permit_of(jars, poor, 1_000, NOON - 1)
    else:
        signed = permit_of(jars, poor, 999)
        permit = (signed[0], 1_000, *signed[2:])
    jars.escrow.permit(*permit, {"from": jars.relayer})
    assert jars.token.allowance(poor, jars.escrow) == 0
    calls = [
        jars.escrow.permit.encode_input(*permit),
        jars.escrow.tip.encode_input(poor, jars.jar, 1_000, "", ITSELF),
    ]
    with reverts("ERC20InsufficientAllowance", jars.escrow, 0, 1_000):
        jars.deployed.multicall(calls, {"from": poor})


def test_permit_of_a_currency_that_has_none(make_jars: Any, make_token: MakeToken) -> None:
    """The call comes to nothing; the allowance of the old way serves."""
    jars: Jars = make_jars(make_token("NoReturnToken"))
    permit = (str(jars.supporter), 1_000, NOON + DAY, 27, bytes(32), bytes(32))
    calls = [
        jars.escrow.permit.encode_input(*permit),
        jars.escrow.tip.encode_input(jars.supporter, jars.jar, 1_000, "", ITSELF),
    ]
    jars.deployed.multicall(calls, {"from": jars.supporter})
    assert jars.due() == 1_000 * UNIT


def test_multicall_reaches_both_pieces_of_code_as_the_caller(jars: Jars) -> None:
    """And reverts as a whole, with the failing call's own error."""
    set_tier = jars.escrow.setTier.encode_input(1, 30 * DAY * 10, 0)
    own_jar = jars.escrow.createSharedJar.encode_input([jars.agent], [10_000])
    jars.deployed.multicall([set_tier, own_jar], {"from": jars.creator})
    assert jars.escrow.tierOf(jars.creator, 1) == (10 * UNIT, 0)
    assert jars.escrow.versions(jars.creator) == 1
    bad = jars.escrow.setTier.encode_input(1, 0, 9)
    with reverts("Jar_UnknownJar", jars.jar_of(jars.creator, 9)):
        jars.deployed.multicall([own_jar, bad], {"from": jars.creator})
    assert jars.escrow.versions(jars.creator) == 1


# cancelConsents


def test_cancel_consents_reverts_out_of_the_window(jars: Jars) -> None:
    escrow, me = jars.escrow, {"from": jars.supporter}
    with reverts("Custody_NonceTooLow", 0, 0):
        escrow.cancelConsents(0, me)
    with reverts("Custody_NonceTooHigh", NONCE_WINDOW + 1, NONCE_WINDOW):
        escrow.cancelConsents(NONCE_WINDOW + 1, me)
    escrow.cancelConsents(NONCE_WINDOW, me)
    with reverts("Custody_NonceTooLow", NONCE_WINDOW, NONCE_WINDOW):
        escrow.cancelConsents(NONCE_WINDOW, me)


def test_cancel_consents_voids_the_lower_ones_of_the_caller_only(jars: Jars) -> None:
    values = (str(jars.supporter), jars.jar, 5, "")
    consents = [jars.consent("Tip", *values, nonce=nonce) for nonce in (8, 9, 10)]
    jars.escrow.cancelConsents(10**6, {"from": jars.stranger})
    tx = jars.escrow.cancelConsents(9, {"from": jars.supporter})
    assert logs_of(tx, jars.escrow) == [("ConsentUsed", jars.supporter, 9)]
    assert jars.escrow.watermark(jars.supporter) == 9
    for consent in consents[:2]:
        with reverts("Custody_NonceTooLow", consent[0], 9):
            jars.escrow.tip(*values, consent, {"from": jars.relayer})
    jars.escrow.tip(*values, consents[2], {"from": jars.relayer})


# withdrawOwed


@pytest.fixture
def owing(jars: Jars) -> Jars:
    """The agent is owed 60, the merchant 40."""
    shared = jars.shared_jar([jars.agent, jars.merchant], [6_000, 4_000])
    jars.tip(100, shared)
    jars.collect(shared)
    return jars


def withdraw(jars: Jars, to: Any, payee: Any = None, sender: Any = None) -> Any:
    payee = payee or jars.agent
    return jars.escrow.withdrawOwed(payee, to, ITSELF, {"from": sender or payee})


def test_withdraw_owed_reverts_to_nobody_and_to_the_escrow_itself(owing: Jars) -> None:
    for to in (ZERO, owing.escrow):
        with reverts("Custody_ZeroAddress"):
            withdraw(owing, to)


def test_withdraw_owed_reverts_for_another_account(owing: Jars) -> None:
    with reverts("Custody_NotItself", owing.agent, owing.stranger):
        withdraw(owing, owing.stranger, sender=owing.stranger)


def test_withdraw_owed_reverts_when_nothing_is_owed(owing: Jars) -> None:
    with reverts("Custody_NothingOwed", owing.stranger):
        withdraw(owing, owing.stranger, owing.stranger)
    withdraw(owing, owing.agent)
    with reverts("Custody_NothingOwed", owing.agent):
        withdraw(owing, owing.agent)


def test_withdraw_owed_pays_all_of_it(owing: Jars) -> None:
    before = owing.balance(owing.recipient)
    tx = withdraw(owing, owing.recipient)
    assert returned(tx) == owing.balance(owing.recipient) - before == 60
    assert logs_of(tx, owing.escrow) == [("OwedPaid", owing.agent, owing.recipient, 60)]
    assert [owing.escrow.owed(p) for p in (owing.agent, owing.merchant)] == [0, 40]
    assert owing.escrow.totalOwed() == owing.held() == 40


@pytest.mark.parametrize("mode", ["Refusing", "Lying"])
def test_withdraw_owed_reverts_while_the_currency_moves_nothing(
    make_jars: Any, make_token: MakeToken, mode: str
) -> None:
    jars: Jars = make_jars(make_token("FalseReturnToken"))
    jars.tip(100)
    jars.token.setMode(FALSE_MODES.index(mode), {"from": jars.deployer})
    jars.collect()
    assert jars.escrow.owed(jars.creator) == 100
    with reverts("Custody_LeftDiffers", 100, 0):
        withdraw(jars, jars.creator, jars.creator)
    jars.token.setMode(FALSE_MODES.index("Honest"), {"from": jars.deployer})
    withdraw(jars, jars.creator, jars.creator)
    assert jars.balance(jars.creator) == 100
    assert jars.escrow.totalOwed() == jars.held() == 0


# views


def test_the_domain_separator_is_that_of_eip_712(jars: Jars) -> None:
    """Read through either piece of code: what it signs for is the escrow."""
    assert bytes.fromhex(str(jars.escrow.DOMAIN_SEPARATOR())[2:]) == jars.domain.separator


def test_what_nobody_has_is_zero(jars: Jars) -> None:
    escrow = jars.escrow
    assert (escrow.owed(jars.stranger), escrow.totalOwed(), escrow.watermark(jars.stranger)) == (0, 0, 0)
    assert escrow.currency() == jars.token
