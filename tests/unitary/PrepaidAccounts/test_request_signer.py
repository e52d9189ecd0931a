"""requestSigner: the owner asks for another signer, or takes that back."""

import pytest

from tests.support.certificates import DAY, ZERO
from tests.support.clock import at, later
from tests.support.errors import reverts
from tests.support.jars import storage_slot
from tests.support.logs import logs_of
from tests.support.outputs import returned
from tests.support.prepaid import MAX_DELAY, MIN_DELAY, Prepaid

# reverts


def test_request_signer_reverts_for_an_account_that_nobody_opened(prepaid: Prepaid) -> None:
    key = prepaid.key(2)
    with reverts("Accounts_Unknown", *key):
        prepaid.request_signer(key, prepaid.supporter)


@pytest.mark.parametrize("who", ["merchant", "stranger", "signer"])
def test_request_signer_reverts_for_anybody_but_the_owner(prepaid: Prepaid, who: str) -> None:
    """A stolen session key can't make itself at home."""
    key = prepaid.open(signer=prepaid.supporter)
    other = prepaid.supporter if who == "signer" else getattr(prepaid, who)
    with reverts("Custody_NotItself", prepaid.agent, other):
        prepaid.request_signer(key, other, other)


@pytest.mark.parametrize("how", ["never asked", "taken back", "changed"])
def test_request_signer_reverts_when_there_is_nothing_to_take_back(prepaid: Prepaid, how: str) -> None:
    key = prepaid.open()
    if how != "never asked":
        prepaid.request_signer(key, prepaid.supporter)
    if how == "taken back":
        prepaid.request_signer(key, ZERO)
    elif how == "changed":
        later(DAY)
        prepaid.change_signer(key)
    with reverts("Accounts_NotRequested", *key):
        prepaid.request_signer(key, ZERO)


# it asks


@pytest.mark.parametrize("delay", [MIN_DELAY, DAY, MAX_DELAY])
def test_request_signer(prepaid: Prepaid, delay: int) -> None:
    key = prepaid.open(100, delay=delay)
    before = prepaid.state(key)
    now = at(prepaid.now() + 77)
    tx = prepaid.request_signer(key, prepaid.supporter)
    asked = before._replace(new_signer=str(prepaid.supporter), new_signer_at=now + delay)
    assert prepaid.state(key) == asked
    assert returned(tx) == now + delay
    assert logs_of(tx, prepaid.contract) == [("SignerRequested", *key, prepaid.supporter, now + delay)]
    slot = storage_slot(prepaid.contract, int(before.signer, 16) << 96 | 100 << 48, *key)
    assert prepaid.word(slot + 2) == (now + delay) << 160 | int(str(prepaid.supporter), 16)


def test_request_signer_again_begins_anew(prepaid: Prepaid) -> None:
    """Also for the same one: nobody waits less than the delay."""
    key = prepaid.open()
    prepaid.request_signer(key, prepaid.supporter)
    now = at(prepaid.now() + DAY - 1)
    prepaid.request_signer(key, prepaid.giver)
    assert prepaid.state(key)[-2:] == (str(prepaid.giver), now + DAY)
    now = at(now + 5)
    prepaid.request_signer(key, prepaid.giver)
    assert prepaid.state(key)[-2:] == (str(prepaid.giver), now + DAY)


@pytest.mark.parametrize("when", [0, DAY - 1, DAY, 2 * DAY])
def test_request_signer_takes_it_back(prepaid: Prepaid, when: int) -> None:
    """While it waits, when it is due, and after it has lapsed."""
    key = prepaid.open()
    prepaid.request_withdrawal(key)
    before = prepaid.state(key)
    prepaid.request_signer(key, prepaid.supporter)
    at(prepaid.now() + when)
    tx = prepaid.request_signer(key, ZERO)
    assert prepaid.state(key) == before
    assert returned(tx) == 0
    assert logs_of(tx, prepaid.contract) == [("SignerRequestCancelled", *key)]
    with reverts("Accounts_NotRequested", *key):
        prepaid.change_signer(key)
