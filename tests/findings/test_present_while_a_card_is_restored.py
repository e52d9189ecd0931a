"""A holder that is a contract is handed its certificate in the middle of `cancel`. Where it sent the escrow
more money than its refund just then, `cancel` reverted with an arithmetic panic: an error's values are
reckoned even where it is not raised. More money is no error; less would be."""

from typing import Any

import pytest

from tests.fixtures.accounts import MakeAccount
from tests.support.clock import at
from tests.support.jars import ITSELF, NOON, Jars, use
from tests.support.payments import assert_books

FACE = 50_000


@pytest.mark.parametrize("present", [1, FACE - 100, FACE - 99, 1_000_000])
def test_a_present_in_the_middle_is_no_error(jars: Jars, make_account: MakeAccount, present: int) -> None:
    world = jars.world
    series = world.named_series([jars.creator, jars.merchant], services=[jars.escrow])
    wallet: Any = make_account("ReentrantReceiver1155", jars.holder)
    world.issue(series, wallet, FACE)
    jars.token.mint(wallet, present, {"from": jars.deployer})
    payment = world.payment(jars.escrow, payee=jars.creator, data=use("Open", 0, jars.scale))
    pay = world.certificates.pay.encode_input(payment, [(wallet.address, series, FACE, 0, 0, 0, b"")])
    give = jars.token.transfer.encode_input(jars.escrow, present)
    cancel = jars.escrow.cancel.encode_input(jars.key(payer=wallet), ITSELF)
    at(NOON)
    wallet.execute(world.certificates, 0, pay, {"from": jars.holder})
    wallet.program(jars.token, give, 1, {"from": jars.holder})
    at(NOON + 100)
    wallet.execute(jars.escrow, 0, cancel, {"from": jars.holder})
    assert wallet.succeeded()
    assert world.certificates.account(series, wallet) == (FACE - 100, 100, 0)
    assert jars.held() == 100 + present
    assert_books(world)
