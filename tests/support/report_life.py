"""A year and a month on one chain, of which every figure is known by hand: what the report must find.

Days count from T0, the start of a year. Won have no decimals, dollars six.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from largesse.addresses import ZERO_ADDRESS
from largesse.chain import Wallet
from largesse.clients.accounts import Opening
from largesse.clients.certificates import Certificates
from largesse.clients.market import Market
from largesse.clients.orders import Opening as OrderOpening
from largesse.clients.tips import new_handle_tip, tip_use
from largesse.development import mint
from largesse.eip712 import keccak
from largesse.jars import StreamKey, jar_id
from largesse.order_book import SignedOffer
from largesse.signed.accounts import Voucher
from largesse.terms.fields import UINT40_MAX, Terms
from largesse.terms.series import Promotion
from largesse.vouchers import SignedVoucher, rows
from tests.fixtures.desk import Desk
from tests.support.certificates import ART

DAY: Final = 86_400
A, B, C = 2, 3, 4
"""Series of won; 1 is the demo's, of which nothing is issued."""
SECONDS_A_MONTH: Final = 2_592_000
ORDER: Final = 7001
HELD: Final = 55


def next_year(now: int) -> int:
    """The first second of the year after `now`."""
    return int(datetime(datetime.fromtimestamp(now, UTC).year + 1, 1, 1, tzinfo=UTC).timestamp())


@dataclass
class ReportLife:
    """Acts on a desk, at seconds that are set exactly. `gas` of the two settlements."""

    desk: Desk
    t0: int = 0
    gas: list[int] = field(default_factory=list)
    txs: dict[str, str] = field(default_factory=dict)

    def who(self, role: str) -> Wallet:
        return self.desk.wallet(role)

    def at(self, day: float) -> int:
        """Let the chain's next blocks be of this moment; the second."""
        second = self.t0 + int(day * DAY)
        self.desk.session.node.jump_to(second)
        return second

    def day(self, number: int) -> str:
        """The date of a day."""
        return datetime.fromtimestamp(self.t0 + number * DAY, UTC).date().isoformat()

    def month(self, number: int) -> str:
        """A month of the year (1 to 12)."""
        return f"{datetime.fromtimestamp(self.t0, UTC).year}-{number:02d}"

    def run(self) -> None:
        """All of it; the last block is of day 401."""
        node = self.desk.session.node
        # From here on time passes only by `at`.
        node.develop("anvil_setBlockTimestampInterval", [0])
        self.t0 = next_year(node.now())
        self.at(0)
        self._certificates(self.desk.krw)
        self._dollars()
        self._use(self.desk.krw)

    # -------------------------------------------------------------------------------------------- day by day

    def _terms(self, days: int, *, fee_bps: int = 0, named: bool = False) -> Terms:
        ends = self.t0 + days * DAY
        return Terms(
            self.desk.address("beneficiary"), self.t0 + 100 * DAY, ends, ends + 100 * DAY, fee_bps, named,
            False, False, False, 0, 0, 9_000, 0, 0, 7 * DAY, keccak(b"life %d" % days),
        )  # fmt: skip

    def _certificates(self, krw: Certificates) -> None:
        """Series, sales on day 0, a withdrawal on day 3."""
        issuer, operator = self.who("issuer"), self.who("operator")
        merchants = [self.desk.address(name) for name in ("bookshop", "cinema")]
        assert krw.create_series(issuer, self._terms(300, fee_bps=300, named=True), merchants, ART) == A
        assert krw.create_series(operator, self._terms(470), [], ART) == B
        assert krw.create_series(operator, self._terms(425), [], ART) == C
        self._pay(krw, "issuer", A, {"holder": 100_000, "giver": 50_000})
        shop = self.desk.session.shop(krw)
        promotion = Promotion("opening", 20_000, 800, 0, 100, self.t0, self.t0 + 90 * DAY)
        shop.put_on_sale(issuer, A)
        number = shop.open_promotion(issuer, A, promotion, max_face=50_000)
        shop.fund(issuer, number, 20_000)
        bought = {}
        buyers = (("cafe", 10_000, self.desk.address("charity")), ("theatre", 20_000, ZERO_ADDRESS))
        for coupon, (buyer, face, referrer) in enumerate(buyers):
            signed = shop.sign_coupon(
                issuer, number, coupon, self.desk.address(buyer), face, self.t0 + 90 * DAY, referrer
            )
            most = shop.price_with_coupon(signed, face)
            bought[buyer] = shop.buy_with_coupon(self.who(buyer), face, most, signed)
        self.at(3)
        shop.withdraw(self.who("theatre"), bought["theatre"])
        self.at(8)
        self.desk.session.node.send(shop.contract.functions.claimReferral(bought["cafe"]), operator)

    def _pay(self, krw: Certificates, who: str, series: int, rows: dict[str, int]) -> None:
        """Issue; who is no payer of the demo's has the money of the issuer."""
        wallet = self.who(who)
        krw.allow_payment(wallet, sum(rows.values()))
        for holder, amount in rows.items():
            krw.issue(wallet, series, self.desk.address(holder), amount)

    def _use(self, krw: Certificates) -> None:
        """Days 10 to 401 of the certificates."""
        holder, bookshop = self.who("holder"), self.desk.address("bookshop")
        self.at(10)
        self.txs["first"] = "0x" + bytes(krw.redeem(holder, A, 30_000, bookshop)["transactionHash"]).hex()
        given = krw.give(self.who("giver"), A, 20_000, reclaim_at=self.t0 + 299 * DAY)
        self.at(12)
        krw.claim(given.link, self.desk.address("recipient"), self.who("relayer"))
        self.at(20)
        self.desk.session.tips("USDC").subscribe(
            self.who("supporter"), self.desk.address("creator"), 1, SECONDS_A_MONTH
        )
        # The operator has no money of its own.
        mint(krw.node, krw.token.address, self.desk.address("operator"), 10_000, self.who("deployer"))
        self._pay(krw, "operator", B, {"reader": 7_000})
        self._pay(krw, "operator", C, {"reader": 3_000})
        self.at(21)
        tips = self.desk.session.tips("KRWT")
        tips.redeem(self.who("reader"), B, 500, self.desk.address("creator"), tip_use("from a card"))
        self.at(30)
        held = self.desk.session.orders("KRWT")
        opening = OrderOpening(self.desk.address("theatre"), HELD, self.t0 + 60 * DAY, False)
        key = held.open(self.who("cafe"), opening, 4_000)
        self.at(31)
        held.confirm(self.who("cafe"), key, 2_500)
        held.refund(self.who("theatre"), key, 1_500)
        self.at(35)
        self._pay(krw, "issuer", A, {"holder": 10_000})
        self.at(40)
        krw.redeem(self.who("recipient"), A, 5_000, self.desk.address("cinema"))
        second = self.at(50)
        request = krw.request_payment(self.who("bookshop"), ORDER, 10_000, second + DAY, least=9_700)
        krw.pay(request, [krw.sign_card(holder, request, A)], self.who("relayer"))
        self.at(60)
        krw.allow_payment(self.who("bookshop"), 2_000)
        krw.restore_signed(self.who("bookshop"), krw.sign_restoration(holder, A, 2_000, bookshop))
        self._market(krw)
        self.at(200)
        krw.redeem(self.who("supporter"), A, 5_000, bookshop)
        self.at(310)
        krw.refund(self.who("agent"), A, 5_000, 4_500)
        self.at(400)
        krw.forfeit(self.who("relayer"), A)
        self.at(401)
        assert krw.node.now() == self.t0 + 401 * DAY

    def _market(self, krw: Certificates) -> None:
        """Two offers, three fills: waits of 1, 3 and 1 days, discounts of 7, 7 and 5 %."""
        market = self.desk.session.market(krw)
        self.at(70)
        first = market.offer(self.who("giver"), A, 10_000, 9_300)
        self.at(71)
        self._fill(market, "supporter", first, 5_000, (9_300, 10_000))
        self.at(73)
        self._fill(market, "agent", first, 5_000, (9_300, 10_000))
        self.at(74)
        second = market.offer(self.who("holder"), A, 1_000, 950)
        self.at(75)
        self._fill(market, "supporter", second, 1_000, (950, 1_000))

    def _fill(
        self, market: Market, buyer: str, offer: SignedOffer, amount: int, limit: tuple[int, int]
    ) -> None:
        market.fill(self.who(buyer), [market.standing(offer)], A, amount, limit)

    def _dollars(self) -> None:
        """Tips, a stream, memberships and vouchers in dollars: days 1 to 9; reads of time go on by
        themselves."""
        tips, usd = self.desk.session.tips("USDC"), 10**6
        supporter, creator = self.who("supporter"), self.desk.address("creator")
        self.at(8.25)
        tips.tip(supporter, jar_id(creator), 5 * usd)
        tips.tip(supporter, jar_id(self.desk.address("charity")), 1 * usd)
        tips.tip(supporter, jar_id(self.desk.address("cafe")), 3 * usd)
        handle = new_handle_tip(
            supporter.address, keccak(b"github:anna"), self.desk.address("operator"), 2 * usd, UINT40_MAX
        )
        tips.tip_handle(supporter, handle)
        # Ten base units a second, for two days.
        key = StreamKey(supporter.address, jar_id(creator), 0)
        tips.open(supporter, key.jar, 10 * 10**9, 2 * DAY * 10)
        # A base unit a second makes a month of 2.592 dollars.
        tips.set_tier(self.who("creator"), 1, SECONDS_A_MONTH)
        tips.subscribe(supporter, creator, 1, SECONDS_A_MONTH)
        tips.subscribe(self.who("agent"), creator, 1, SECONDS_A_MONTH)
        self.at(9.25)
        tips.unsubscribe(self.who("agent"), creator, 1)
        tips.collect(self.who("creator"), jar_id(creator))
        self._vouchers()

    def _vouchers(self) -> None:
        """Two settlements: one account at once, then two; rows of 2.5, 0.25 and 40 dollars."""
        prepaid, agent = self.desk.session.prepaid("USDC"), self.who("agent")
        merchant = self.desk.address("merchant")
        indices = [
            prepaid.open(agent, Opening(merchant, agent.address, salt=salt), 50 * 10**6) for salt in (1, 2)
        ]
        for sums in ({0: 2_500_000}, {0: 2_750_000, 1: 40_000_000}):
            vouchers = []
            for place, amount in sums.items():
                voucher = Voucher(merchant, prepaid.token.address, indices[place], amount)
                signature = voucher.sign(prepaid.domain, agent.key)
                vouchers.append(SignedVoucher(indices[place], amount, signature))
            settled = prepaid.settle(self.who("relayer"), merchant, rows(vouchers))
            self.gas.append(settled.gas)
