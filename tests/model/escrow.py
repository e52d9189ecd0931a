"""An exact reference model of StreamingTipEscrow, from its documentation alone.

Every operation of `IStreamingTipEscrow` is a method in snake case that takes the caller first and then the
same arguments; signatures are passed as what they say. It has exactly the effects that the contract must
have, or raises `Refused` with every rule that was broken and has none, as the certificates' model does. It
hears of redemptions from that model (`Certificates.receivers`) and restores through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from tests.model.custody import operation
from tests.model.jar_words import StreamKey, Subscription, Use, jar_of, stream_id
from tests.model.memberships import Memberships
from tests.model.words import Checks, Portion, Refused, refuse

KINDS = {
    Use.TIP: ["string"],
    Use.OPEN: ["uint256", "uint256"],
    Use.TOP_UP: ["uint256"],
    Use.SUBSCRIBE: ["address", "uint32", "uint16", "uint80"],
}


class Escrow(Memberships):
    """All of it."""

    @operation
    def on_redemption(
        self, caller: str, payee: str, amount: int, order: int, portions: Sequence[Portion], data: bytes
    ) -> None:
        """Nobody but the certificates may say that money came."""
        raise refuse("Jar_NotCertificates", caller)

    def redeemed(self, payee: str, amount: int, portions: Sequence[Portion], data: bytes) -> None:
        check, jar_id = Checks(), jar_of(payee)
        self.check_jar(check, jar_id)
        use, said = _read(check, data)
        if use is Use.TIP:
            check.done()
            for portion in portions:  # each holder's own cap counts its portions
                self.check_cap(check, portion.holder, portion.amount)
                check.done()
                self.count(portion.holder, portion.amount)
                self.certificates.use_placed(self.here, portion.holder, portion.series_id, portion.amount)
                self.put_tip(portion.holder, jar_id, portion.amount, said[0])
            return
        holder, series_id = self.one_holder(check, portions, "Jar_MixedCards")
        self.check_cap(check, holder, amount)
        if not said:
            check.done()
        key = StreamKey(holder, jar_id, said[0])
        if use is Use.OPEN:
            self.check_open(check, key, said[1], amount, series_id)
            check.done()
            self.count_placed(stream_id(key), 0)
            ends_at = self.begin(key, jar_id, said[1], amount * self.scale, series_id)
            self.place(stream_id(key), holder, series_id, amount)
            self.emit("StreamOpened", holder, jar_id, key.index, said[1], amount, ends_at)
        elif use is Use.TOP_UP:
            self.check_top_up(check, key, amount, series_id)
            check.done()
            ends_at = self.extend(key, jar_id, amount)
            self.place(stream_id(key), holder, series_id, amount)
            self.emit("StreamToppedUp", holder, jar_id, key.index, holder, amount, ends_at)
        else:
            subscription = Subscription(holder, said[0], payee, said[1], said[2], said[3], amount)
            self.check_subscribe(check, subscription, series_id)
            check.done()
            self.put_subscription(subscription, series_id)
        self.count(holder, amount)


def _read(check: Checks, data: bytes) -> tuple[Use, tuple[Any, ...]]:
    """What a redemption is for, and with what; nothing where that can't be read. Raises Refused where even
    the first word can't."""
    try:
        use = Use(int.from_bytes(data[:32], "big")) if len(data) >= 32 else None
    except ValueError:
        use = None
    if use is None:
        check.need(False, "")
        raise Refused(check.faults)
    try:
        return use, decode(["uint8", *KINDS[use]], data, strict=False)[1:]  # padding may be missing
    except DecodingError:
        check.need(False, "")
        return use, ()
