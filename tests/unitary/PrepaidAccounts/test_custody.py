"""permit, multicall, cancelConsents, withdrawOwed and the views."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from largesse.eip712 import Message, accounts_domain, keccak
from largesse.signed import accounts as account_messages
from largesse.signed.certificates import OwedWithdrawal
from tests.fixtures.tokens import FALSE_MODES, MakeToken, sign_permit, token_domain
from tests.support.certificates import DAY, ZERO
from tests.support.clock import later
from tests.support.errors import reverts
from tests.support.logs import logs_of
from tests.support.outputs import returned
from tests.support.prepaid import ITSELF, TYPES, Prepaid, State

NONCE_WINDOW = 2**32
INTERFACE = Path(__file__).resolve().parents[3] / "interfaces" / "IPrepaidAccounts.sol"


def permit_of(prepaid: Prepaid, owner: Any, amount: int, signer: Any = None) -> tuple[Any, ...]:
    """The arguments of `permit`, good for a day."""
    deadline = prepaid.now() + DAY
    signature = sign_permit(
        prepaid.world.key(signer or owner),
        token_domain(prepaid.token),
        owner,
        prepaid.contract,
        amount,
        int(prepaid.token.nonces(owner)),
        deadline,
    )
    return (str(owner), amount, deadline, *signature)


@pytest.fixture
def poor(prepaid: Prepaid) -> Any:
    """The recipient has 1,000 and has approved nobody."""
    prepaid.token.mint(prepaid.recipient, 1_000, {"from": prepaid.deployer})
    return prepaid.recipient


# permit, multicall


def test_permit_and_open_in_one_transaction(prepaid: Prepaid, poor: Any) -> None:
    opening = prepaid.opening(owner=poor)
    calls = [
        prepaid.contract.permit.encode_input(*permit_of(prepaid, poor, 1_000)),
        prepaid.contract.open.encode_input(opening, 600),
        prepaid.contract.topUp.encode_input(prepaid.key(owner=poor), 400),
    ]
    prepaid.contract.multicall(calls, {"from": poor})
    assert prepaid.money(prepaid.key(owner=poor)) == (1_000, 0)
    assert prepaid.balance(poor) == 0


def test_permit_and_signed_acts_sent_by_a_relayer(prepaid: Prepaid, poor: Any) -> None:
    """The payer has neither gas nor an approval."""
    opening, key = prepaid.opening(owner=poor), prepaid.key(owner=poor)
    opens = prepaid.consent("OpenAccount", str(poor), *opening, 600, signer=poor, nonce=1)
    adds = prepaid.consent("TopUpAccount", str(poor), *key, 400, signer=poor, nonce=2)
    calls = [
        prepaid.contract.permit.encode_input(*permit_of(prepaid, poor, 1_000)),
        prepaid.contract.openSigned.encode_input(poor, opening, 600, opens),
        prepaid.contract.topUpSigned.encode_input(key, poor, 400, adds),
    ]
    prepaid.contract.multicall(calls, {"from": prepaid.relayer})
    assert prepaid.money(key) == (1_000, 0)


def test_permit_that_somebody_used_first(prepaid: Prepaid, poor: Any) -> None:
    """Whoever saw it in the mempool and sent it alone stops nothing."""
    permit = permit_of(prepaid, poor, 1_000)
    prepaid.token.permit(poor, prepaid.contract, *permit[1:], {"from": prepaid.stranger})
    calls = [
        prepaid.contract.permit.encode_input(*permit),
        prepaid.contract.open.encode_input(prepaid.opening(owner=poor), 1_000),
    ]
    prepaid.contract.multicall(calls, {"from": poor})
    assert prepaid.money(prepaid.key(owner=poor)) == (1_000, 0)


def test_permit_that_is_not_the_payers(prepaid: Prepaid, poor: Any) -> None:
    """It comes to nothing, and then the money is missing."""
    permit = permit_of(prepaid, poor, 1_000, signer=prepaid.stranger)
    calls = [
        prepaid.contract.permit.encode_input(*permit),
        prepaid.contract.open.encode_input(prepaid.opening(owner=poor), 1_000),
    ]
    with reverts("ERC20InsufficientAllowance", prepaid.contract, 0, 1_000):
        prepaid.contract.multicall(calls, {"from": poor})


def test_multicall_is_all_or_nothing(prepaid: Prepaid) -> None:
    key = prepaid.open(100)
    bad = prepaid.contract.topUp.encode_input(prepaid.key(8), 5)
    good = prepaid.contract.topUp.encode_input(key, 5)
    with reverts("Accounts_Unknown", *prepaid.key(8)):
        prepaid.contract.multicall([good, bad], {"from": prepaid.agent})
    assert prepaid.money(key) == (100, 0)
    prepaid.contract.multicall([good, good], {"from": prepaid.agent})
    assert prepaid.money(key) == (110, 0)


def test_multicall_acts_as_its_sender(prepaid: Prepaid) -> None:
    """A stranger is a stranger in it."""
    key = prepaid.open(100)
    call = prepaid.contract.requestWithdrawal.encode_input(key, ITSELF)
    with reverts("Custody_NotItself", prepaid.agent, prepaid.stranger):
        prepaid.contract.multicall([call], {"from": prepaid.stranger})
    prepaid.contract.multicall([call], {"from": prepaid.agent})
    later(DAY)
    last = prepaid.contract.settle.encode_input(prepaid.merchant, prepaid.voucher(key, 30).row())
    out = prepaid.contract.withdraw.encode_input(key, ITSELF)
    before = prepaid.balance(prepaid.agent)
    prepaid.contract.multicall([last, out], {"from": prepaid.agent})
    assert (prepaid.balance(prepaid.merchant), prepaid.balance(prepaid.agent) - before) == (30, 70)


# cancelConsents


def test_cancel_consents_reverts_out_of_the_window(prepaid: Prepaid) -> None:
    contract, me = prepaid.contract, {"from": prepaid.agent}
    with reverts("Custody_NonceTooLow", 0, 0):
        contract.cancelConsents(0, me)
    with reverts("Custody_NonceTooHigh", NONCE_WINDOW + 1, NONCE_WINDOW):
        contract.cancelConsents(NONCE_WINDOW + 1, me)
    tx = contract.cancelConsents(NONCE_WINDOW, me)
    assert logs_of(tx, contract) == [("ConsentUsed", prepaid.agent, NONCE_WINDOW)]
    assert contract.watermark(prepaid.agent) == NONCE_WINDOW
    assert contract.watermark(prepaid.stranger) == 0


def test_cancel_consents_voids_no_voucher(prepaid: Prepaid) -> None:
    """What was promised to a seller stays promised."""
    key = prepaid.open(100, signer=prepaid.agent)
    voucher = prepaid.voucher(key, 60, private_key=prepaid.world.key(prepaid.agent))
    prepaid.contract.cancelConsents(NONCE_WINDOW, {"from": prepaid.agent})
    prepaid.settle(voucher)
    assert prepaid.balance(prepaid.merchant) == 60


# withdrawOwed


@pytest.fixture
def owing(make_prepaid: Any, make_token: MakeToken) -> Prepaid:
    """60 are owed to the merchant, 40 to the agent: the currency refused them for a while."""
    prepaid: Prepaid = make_prepaid(make_token("BlacklistToken"))
    key = prepaid.open(100, expires_at=prepaid.now() + 10)
    for who in (prepaid.merchant, prepaid.agent):
        prepaid.token.blacklist(who, {"from": prepaid.deployer})
    prepaid.settle(prepaid.voucher(key, 60))
    later(10)
    prepaid.withdraw(key)
    return prepaid


def withdraw_owed(prepaid: Prepaid, to: Any, payee: Any = None, sender: Any = None) -> Any:
    payee = payee or prepaid.merchant
    return prepaid.contract.withdrawOwed(payee, to, ITSELF, {"from": sender or payee})


def test_what_the_currency_refuses_is_owed(owing: Prepaid) -> None:
    assert [owing.contract.owed(who) for who in (owing.merchant, owing.agent, owing.stranger)] == [60, 40, 0]
    assert owing.contract.totalOwed() == owing.held() == 100
    owing.check_books()


def test_withdraw_owed_reverts_to_nobody_and_to_the_contract_itself(owing: Prepaid) -> None:
    for to in (ZERO, owing.contract):
        with reverts("Custody_ZeroAddress"):
            withdraw_owed(owing, to)


def test_withdraw_owed_reverts_for_another_account(owing: Prepaid) -> None:
    with reverts("Custody_NotItself", owing.merchant, owing.stranger):
        withdraw_owed(owing, owing.stranger, sender=owing.stranger)
    with reverts("Custody_NothingOwed", owing.stranger):
        withdraw_owed(owing, owing.stranger, owing.stranger)


def test_withdraw_owed_reverts_while_the_currency_refuses(owing: Prepaid) -> None:
    with reverts("Custody_LeftDiffers", 60, 0):
        withdraw_owed(owing, owing.merchant)
    assert owing.contract.totalOwed() == 100


def test_withdraw_owed_goes_where_the_payee_says(owing: Prepaid) -> None:
    """All of it, once, and nobody else's."""
    tx = withdraw_owed(owing, owing.recipient)
    assert returned(tx) == owing.balance(owing.recipient) == 60
    assert logs_of(tx, owing.contract) == [("OwedPaid", owing.merchant, owing.recipient, 60)]
    assert owing.contract.totalOwed() == owing.held() == 40
    with reverts("Custody_NothingOwed", owing.merchant):
        withdraw_owed(owing, owing.recipient)
    owing.check_books()


@pytest.mark.parametrize("mode", ["Refusing", "Lying"])
def test_a_currency_that_moves_nothing_leaves_it_owed(
    make_prepaid: Any, make_token: MakeToken, mode: str
) -> None:
    prepaid: Prepaid = make_prepaid(make_token("FalseReturnToken"))
    key = prepaid.open(100)
    prepaid.token.setMode(FALSE_MODES.index(mode), {"from": prepaid.deployer})
    tx = prepaid.settle(prepaid.voucher(key, 60))
    assert ("PayoutOwed", prepaid.merchant, 60) in logs_of(tx, prepaid.contract)
    assert prepaid.money(key) == (100, 60)
    with reverts("Custody_LeftDiffers", 60, 0):
        withdraw_owed(prepaid, prepaid.merchant)
    prepaid.token.setMode(FALSE_MODES.index("Honest"), {"from": prepaid.deployer})
    withdraw_owed(prepaid, prepaid.merchant)
    assert prepaid.balance(prepaid.merchant) == 60
    prepaid.check_books()


# views


def test_what_nobody_has_is_zero(prepaid: Prepaid) -> None:
    contract = prepaid.contract
    assert prepaid.state(prepaid.key(5)) == State(ZERO, ZERO, 0, 0, 0, 0, 0, 0, ZERO, 0)
    assert (contract.owed(prepaid.stranger), contract.totalOwed(), contract.watermark(prepaid.stranger)) == (
        0,
        0,
        0,
    )


def test_whose_the_accounts_are(any_prepaid: Prepaid) -> None:
    contract = any_prepaid.contract
    assert contract.currency() == any_prepaid.token
    assert contract.certificates() == any_prepaid.world.certificates
    assert contract.unit() == {0: 1, 6: 1, 18: 10**12}[int(any_prepaid.token.decimals())]


def test_the_domain_separator_is_that_of_eip_712(prepaid: Prepaid) -> None:
    separator = bytes.fromhex(str(prepaid.contract.DOMAIN_SEPARATOR())[2:])
    assert separator == prepaid.domain.separator
    assert accounts_domain(prepaid.world.chain.id, prepaid.contract.address) == prepaid.domain


def test_the_messages_of_the_package_are_those_of_the_interface() -> None:
    """Each type is written out in the interface's documentation, and hashed alike by the package."""
    documented = INTERFACE.read_text(encoding="utf-8")
    for name, members in TYPES.items():
        kind: type[Message] = OwedWithdrawal if name == "OwedWithdrawal" else getattr(account_messages, name)
        assert kind.typehash() == keccak(f"{name}({members})".encode())
        assert name == "OwedWithdrawal" or f"{name}({members})" in documented
