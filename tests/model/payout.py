"""An exact reference model of UniswapV2Payout, from its documentation alone; as `tests/model/orders.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from tests.model.certificates import Certificates
from tests.model.uniswap import Pools
from tests.model.words import ZERO, Checks, Portion, refuse

CONVERSION = "(address,address[],uint256,uint40)"


class Payout:
    """It hears of redemptions from the certificates' model; `emit` hears of what it does."""

    def __init__(
        self, here: str, certificates: Certificates, pools: Pools, emit: Callable[..., None]
    ) -> None:
        self.here = here
        self.certificates = certificates
        self.pools = pools
        self.emit = emit
        certificates.receivers[here] = self.receive

    def receive(self, payee: str, amount: int, order: int, portions: Sequence[Portion], data: bytes) -> None:
        """The money has come. All of it goes on, or (Refused) nothing has happened."""
        with self.pools.whole():
            self._convert(payee, amount, order, portions, data)

    def _convert(self, payee: str, amount: int, order: int, portions: Sequence[Portion], data: bytes) -> None:
        try:
            ((router, path, minimum, deadline),) = decode([CONVERSION], data)
        except DecodingError:
            raise refuse("") from None
        check, currency = Checks(), self.certificates.currency.address
        now, series = self.certificates.now, self.certificates.books.series
        check.need(now < deadline, "Payout_DeadlinePassed", deadline, now)
        if order == 0:
            own = all(one.holder == payee and not series[one.series_id].terms.named for one in portions)
            check.need(own, "Payout_NoConsent", payee)
        first = path[0] if len(path) > 1 else ZERO
        check.need(first == currency, "Payout_Path", first, currency)
        check.need(router == self.pools.router, "")
        check.done()
        if order:
            for one in portions:
                self.certificates.use_placed(self.here, one.holder, one.series_id, one.amount)
        token = self.pools.tokens[path[-1]]
        held = token.of(payee)
        self.pools.swap(self.here, amount, minimum, path, payee, now)
        received = token.of(payee) - held
        if received == 0 or received < minimum:
            raise refuse("Payout_TooLittle", received, minimum)
        self.emit("PaidOut", payee, path[-1], amount, received)
