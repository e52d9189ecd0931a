"""Statutory presets on the real contracts: series by preset, dates by the calendar, shared checks."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from largesse.eip712 import keccak
from largesse.terms.presets import preset
from tests.support.certificates import NO_SIGNATURE, World
from tests.support.clock import at, mine_at
from tests.support.errors import reverts
from tests.support.sales import Shop

AROUND = (-1, 0, 1)
"""One below a threshold, at it, one beyond: seconds or base units."""


@dataclass(frozen=True)
class Statute:
    """One preset in one currency; its certificates are sold until 30 June of next year."""

    world: World
    shop: Shop
    name: str
    zone: str

    @property
    def year(self) -> int:
        """The year of sale."""
        return datetime.fromtimestamp(self.world.now(), UTC).year + 1

    def midnight(self, year: int, month: int = 1, day: int = 1) -> int:
        """Unix second at which a day begins where the statute holds."""
        return int(datetime(year, month, day, tzinfo=ZoneInfo(self.zone)).timestamp())

    def series(self, face: int, *, certificates: int = 0, sales_close: date | None = None) -> int:
        """A series by the preset, with two merchants and the shop; the holder has some certificates of `face`
        base units.
        """
        world = self.world
        terms = preset(self.name).terms(
            face=face,
            sales_close=sales_close or date(self.year, 6, 30),
            zone=self.zone,
            decimals=world.token.decimals(),
            beneficiary=world.beneficiary.address,
            terms_hash=keccak(self.name.encode()),
        )
        series = world.create_series(
            [world.merchant, world.creator], services=[self.shop.sales], **asdict(terms)
        )
        self.shop.appoint(series)
        if certificates:
            world.issue(series, world.holder, certificates * face)
        return series

    def spend(self, series: int, amount: int) -> None:
        self.world.certificates.redeem(series, amount, self.world.merchant, {"from": self.world.holder})

    def refund(self, series: int, amount: int) -> int:
        """Refund the holder; what it was paid."""
        world = self.world
        before = world.token.balanceOf(world.holder)
        world.certificates.refund(world.holder, series, amount, 0, NO_SIGNATURE, {"from": world.holder})
        return int(world.token.balanceOf(world.holder) - before)

    def entitled(self, series: int) -> tuple[int, int]:
        """What the holder may give up now, and what it gets for it."""
        _, amount, payout = self.world.certificates.refundable(series, self.world.holder)
        return int(amount), int(payout)

    def check_refund(self, series: int, amount: int, payout: int, time: int | None = None) -> None:
        """Exactly `amount` can be given up for exactly `payout` (now, or at `time`), and not one unit more; 0
        means that there is no right.
        """
        if time is not None:
            mine_at(time)
        assert self.entitled(series) == (amount, payout)
        if time is not None:
            at(time)
        with reverts("GiftCertificates_OverEntitlement", amount + 1, amount):
            self.refund(series, amount + 1)
        if amount:
            if time is not None:
                at(time)
            assert self.refund(series, amount) == payout

    def check_expiry(self, series: int, expires_at: int, offset: int) -> None:
        """Spending ends with the second `expires_at`; this is `offset` seconds from it."""
        assert self.world.certificates.terms(series)[2] == expires_at
        at(expires_at + offset)
        if offset < 0:
            before = self.world.token.balanceOf(self.world.merchant)
            self.spend(series, 1)
            assert self.world.token.balanceOf(self.world.merchant) == before + 1
        else:
            with reverts("GiftCertificates_Expired", series, expires_at):
                self.spend(series, 1)

    def check_limitation(self, series: int, limitation_at: int, offset: int, payout: int) -> None:
        """The claim for everything the holder has pays `payout` until `limitation_at`, then nothing."""
        assert self.world.certificates.terms(series)[3] == limitation_at
        balance = self.world.certificates.balanceOf(self.world.holder, series)
        at(limitation_at + offset)
        if offset < 0:
            assert self.refund(series, balance) == payout
        else:
            with reverts("GiftCertificates_AfterLimitation", series, limitation_at):
                self.refund(series, balance)

    def check_withdrawal(self, series: int, face: int, seconds: int, offset: int) -> None:
        """A buyer withdraws from an untouched purchase for `seconds`; this is `offset` seconds from then."""
        world, shop = self.world, self.shop
        now = world.now()
        shop.sales.setSale(series, now, now + 60, 0, {"from": world.issuer})
        purchase = shop.buy(series, face)
        bought_at = world.now()
        time = at(bought_at + seconds + offset)
        if offset < 0:
            shop.withdraw(purchase)
            assert world.token.balanceOf(world.holder) == face
            assert world.certificates.balanceOf(world.holder, series) == 0
        else:
            with reverts("CertificateSales_WithdrawalClosed", purchase, bought_at + seconds, time):
                shop.withdraw(purchase)
