"""The rules that every signed action keeps, checked the same way for each of them.

A test describes its action once (`SignedAction`), then runs `check_refused` for each of `FAULTS` and
`check_accepted`. Times are Unix seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from largesse.eip712 import Message, certificates_domain, sign_digest
from tests.support.certificates import DAY, NO_SIGNATURE, World
from tests.support.clock import at
from tests.support.errors import reverts

NONCE_WINDOW = 2**32
FAULTS = (
    "unsigned",
    "forged",
    "other chain",
    "other contract",
    "cut short",
    "nonce used",
    "nonce too high",
    "deadline",
)

Authorization = tuple[int, int, bytes]


@dataclass(frozen=True)
class SignedAction:
    """One action that `signer` may sign and the relayer submits.

    `message(nonce, deadline)` is what is signed; `send(authorization)` submits it from the relayer's account.
    The action must be one that passes with a good signature.
    """

    world: World
    series_id: int
    signer: Any
    message: Callable[[int, int], Message]
    send: Callable[[Authorization], Any]

    def watermark(self) -> int:
        return int(self.world.certificates.account(self.series_id, self.signer)[2])

    def signed(self, nonce: int | None = None, deadline: int | None = None) -> Authorization:
        """A good authorisation, one above the watermark and good for a day unless told otherwise."""
        nonce = self.watermark() + 1 if nonce is None else nonce
        deadline = self.world.now() + DAY if deadline is None else deadline
        return self.world.authorize(self.message(nonce, deadline), self.signer)


def check_refused(action: SignedAction, fault: str) -> None:
    """The action with this fault reverts, by error and values; nothing of it stays."""
    world = action.world
    before = (world.certificates.account(action.series_id, action.signer), world.reserve())
    nonce, deadline, signature = action.signed()
    message = action.message(nonce, deadline)
    digest = message.digest(world.domain)
    wrong = ("GiftCertificates_InvalidSignature", action.signer, digest)
    if fault == "unsigned":
        with reverts("GiftCertificates_NotYourCard", action.signer, world.relayer):
            action.send(NO_SIGNATURE)
    elif fault == "forged":
        with reverts(*wrong):
            action.send((nonce, deadline, sign_digest(digest, world.key(world.stranger))))
    elif fault == "other chain":
        elsewhere = replace(world.domain, chain_id=world.domain.chain_id + 1)
        with reverts(*wrong):
            action.send((nonce, deadline, message.sign(elsewhere, world.key(action.signer))))
    elif fault == "other contract":
        elsewhere = certificates_domain(world.domain.chain_id, world.token.address)
        with reverts(*wrong):
            action.send((nonce, deadline, message.sign(elsewhere, world.key(action.signer))))
    elif fault == "cut short":
        with reverts(*wrong):
            action.send((nonce, deadline, signature[:63]))
    elif fault == "nonce used":
        low = action.watermark()
        with reverts("GiftCertificates_NonceTooLow", low, low):
            action.send(action.signed(nonce=low))
    elif fault == "nonce too high":
        highest = action.watermark() + NONCE_WINDOW
        with reverts("GiftCertificates_NonceTooHigh", highest + 1, highest):
            action.send(action.signed(nonce=highest + 1))
    elif fault == "deadline":
        authorization = action.signed()
        at(authorization[1])
        with reverts("GiftCertificates_DeadlinePassed", authorization[1], authorization[1]):
            action.send(authorization)
    else:
        raise LookupError(f"no fault {fault!r}, there are {FAULTS}")
    assert (world.certificates.account(action.series_id, action.signer), world.reserve()) == before


def check_accepted(action: SignedAction, *again: Any) -> Any:
    """At the very end of its life and with the highest nonce there is, the action passes, once.

    `again`: the error, name and values, that a second sending reverts with, where it isn't the nonce's.
    Returns the transaction.
    """
    highest = action.watermark() + NONCE_WINDOW
    authorization = action.signed(nonce=highest)
    last_second = at(authorization[1] - 1)
    tx = action.send(authorization)
    assert action.watermark() == highest
    used = tx.events["AuthorizationUsed"]
    assert (used["holder"], used["seriesId"], used["nonce"]) == (action.signer, action.series_id, highest)
    at(last_second)
    with reverts(*(again or ("GiftCertificates_NonceTooLow", highest, highest))):
        action.send(authorization)
    return tx
