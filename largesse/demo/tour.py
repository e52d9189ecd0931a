"""The demo: real lists, real currencies, real pictures, and at its end the proof that every unit is there.

Each step says what it claims, does it on the chain, and raises DemoError where the chain says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from web3 import Web3
from web3.types import TxReceipt

from largesse.cards import save_svg
from largesse.chain import Node, RefusedError, Wallet, development_wallet
from largesse.clients.accounts import Prepaid
from largesse.clients.certificates import Certificates, ClientError
from largesse.clients.items import Items
from largesse.clients.market import Market
from largesse.clients.orders import Orders
from largesse.clients.payout import Payout
from largesse.clients.rewards import Rewards
from largesse.clients.sales import Shop
from largesse.clients.swaps import Swaps
from largesse.clients.tips import Tips
from largesse.console import done, panel, progress, say, step, table
from largesse.demo.checks import DemoError, expect
from largesse.demo.crawl import Crawl
from largesse.demo.deliveries import Deliveries
from largesse.demo.evening import Evening
from largesse.demo.reading import Reading
from largesse.demo.spending import Spending
from largesse.demo.trading import Trading
from largesse.deploying import deploy, plan_deployment
from largesse.deployment import Deployment, save
from largesse.development import make_currencies
from largesse.gifts.links import new_link_key, parse_link
from largesse.holdings import Right
from largesse.issuing import issue_list
from largesse.moments import day, moment
from largesse.opening import currency_roles, open_series
from largesse.qr import qr_png
from largesse.recipients import load_recipients
from largesse.scanning import read_qr
from largesse.solvency.proof import Proof, prove
from largesse.solvency.statements import show_proof
from largesse.terms.manifest import load_manifest
from largesse.terms.series import Manifest
from largesse.tills import parse_request

__all__ = ["DemoError", "Tour"]

START: Final = "2027-03-01"
KR, US, DE = "kr-culture-50000", "us-ca-gift-25", "eu-de-gutschein-2027"


@dataclass
class Tour:
    """One run. `folder` takes everything it writes; `gas` is what each step cost."""

    node: Node
    folder: Path
    manifest_path: Path
    csv_path: Path
    calls: int = 10_000
    gas: list[tuple[str, int, str]] = field(default_factory=list)
    deployment: Deployment = field(init=False)
    manifest: Manifest = field(init=False)

    # -------------------------------------------------------------------------------------------- the steps

    def run(self) -> Proof:
        """All of it. Raises DemoError, and whatever the parts raise."""
        if self.node.block_number() != 0:
            raise DemoError("not_fresh", "the demo needs a chain of its own: `make demo` starts one")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.node.jump_to(max(moment(START), self.node.now() + 1))
        self._deploy()
        self._open()
        self._issue()
        person = self._give_and_claim()
        self._pay_at_a_till(person)
        self._refund_the_remainder(person)
        self._buy_at_a_discount()
        self._cash_out_a_small_rest()
        self._take_goods_back()
        self._play_music()
        self._crawl()
        self._deliver()
        self._read()
        self._spend()
        self._trade()
        self._let_one_expire()
        return self.prove()

    def _deploy(self) -> None:
        step("Deploy", "three currencies; USDC is Circle's own FiatTokenV2_2")
        self.manifest = load_manifest(self.manifest_path)
        tokens = make_currencies(self.node, self.manifest, None)
        plan = plan_deployment(self.node, tokens)
        total: list[int] = []
        self.deployment = deploy(
            self.node, development_wallet("deployer"), plan, lambda _, gas: total.append(gas)
        )
        self.gas.append(
            ("deploy everything", sum(total), f"{len(total)} transactions, read back and checked")
        )
        for one in self.deployment.currencies:
            done(f"{one.symbol}: GiftCertificates at {one.certificates}")

    def _open(self) -> None:
        step("Open three series under three laws", "their cards are drawn by the chain itself")
        roles: dict[str, str] = {name: development_wallet(name).address for name in self._people()}
        roles |= currency_roles(self.manifest, self.deployment)
        for series in self.manifest.series:
            opened = open_series(self.node, self.deployment, series, development_wallet("issuer"), roles)
            self.deployment = self.deployment.with_series(opened.record)
            certificates, number = self._series(series.name)
            path = save_svg(certificates.uri(number), self.folder / f"card-{series.name}.svg")
            until = day(certificates.terms(number).expires_at)
            done(f"{series.name}: {series.preset.title}, expires: {until}; {path.name}")
        save(self.folder, self.deployment)

    def _issue(self) -> None:
        certificates, number = self._series(KR)
        recipients = load_recipients(
            self.csv_path, decimals=certificates.token.decimals,
            denomination=certificates.terms(number).denomination,
        )  # fmt: skip
        rows = len(recipients.recipients)
        step(f"Issue to all {rows:,} of {self.csv_path.name}", "checked as a whole first; safe to run again")
        issuer, before = development_wallet("issuer"), self.node.block_number()
        with progress("issued", rows) as advance:
            result = issue_list(
                certificates, issuer, number, recipients, self.folder / "journals", progress=advance
            )
        used = self._gas_since(before)
        self.gas.append((f"issue to {rows:,}", used, f"{used // rows:,} a recipient, the approval included"))
        expect("face issued", certificates.state(number).outstanding, result.total)
        again = issue_list(certificates, issuer, number, recipients, self.folder / "journals")
        expect("rows issued by a second run", again.rows_now, 0)
        done(f"{certificates.token.show(result.total)} in {rows:,} hands; a second run issued 0")

    def _give_and_claim(self) -> Wallet:
        step("Give by link", "the recipient has no wallet yet, no money for gas, and never needs any")
        certificates, number = self._series(KR)
        giver = development_wallet("giver")
        self._buy(certificates, number, giver.address, 50_000)
        given = certificates.give(giver, number, 50_000, message="생일 축하해요! For you, with love.")
        self._note("give by link", given.receipt)
        picture = self._picture("gift-link.png", given.link.url())
        link = parse_link(read_qr(picture))
        person = Wallet.from_key("recipient", new_link_key())
        self._expect_untouched(person)
        self._note("claim, sent by a relayer", certificates.claim(link, person.address, _relayer()))
        self._expect_untouched(person)
        expect("claimed face", certificates.account(number, person.address).balance, 50_000)
        done(f"read off {picture.name}: “{link.message()}”")
        done(f"{person.address} has 50,000 KRWT of face, 0 wei, and has sent 0 transactions")
        return person

    def _pay_at_a_till(self, person: Wallet) -> None:
        step("Pay 31,000 of 50,000 at a till", "what is submitted is what a scanner read off the picture")
        certificates, number = self._series(KR)
        shop = development_wallet("bookshop")
        fee = 31_000 * certificates.terms(number).fee_bps // 10_000
        ends_at = self.node.now() + 900
        asked = certificates.request_payment(shop, 7001, 31_000, ends_at, least=31_000 - fee)
        picture = self._picture("till-order-7001.png", asked.uri())
        request = parse_request(read_qr(picture))
        card = certificates.sign_card(person, request, number)
        before = certificates.token.balance(shop.address)
        self._note("pay a till's order", certificates.pay(request, [card], shop))
        received = certificates.token.balance(shop.address) - before
        expect("received by the shop", received, 31_000 - fee)
        self._expect_refused(
            "scanning a paid order", "order_used", lambda: certificates.sign_card(person, request, number)
        )
        done(
            f"the shop has {certificates.token.show(received)} ({fee} KRWT fee); scanning it again is refused"
        )

    def _refund_the_remainder(self, person: Wallet) -> None:
        step("Refund the remainder", "62 % is used, and Korea's rule asks for 60 %")
        certificates, number = self._series(KR)
        due = certificates.refundable(number, person.address)
        expect("refundable", (due.right, due.amount, due.payout), (Right.REMAINDER, 19_000, 19_000))
        receipt = certificates.refund(person, number, due.amount, due.payout, _relayer())
        self._note("refund, sent by a relayer", receipt)
        expect("money of the recipient", certificates.token.balance(person.address), 19_000)
        self._expect_untouched(person)
        done(f"{certificates.token.show(19_000)} paid to somebody who still has sent nothing")

    def _buy_at_a_discount(self) -> None:
        step("Buy at 8 % off, and think again", "the discount comes out of a funded budget, not the reserve")
        issuer, buyer = development_wallet("issuer"), development_wallet("supporter")
        series = load_manifest(self.manifest_path.with_name("spring.toml")).series[0]
        roles = {one: development_wallet(one).address for one in ("issuer", *(series.merchants or ()))}
        opened = open_series(self.node, self.deployment, series, issuer, roles | self._token_roles())
        self.deployment = self.deployment.with_series(opened.record)
        certificates, number = self._series(series.name)
        save_svg(certificates.uri(number), self.folder / f"card-{series.name}.svg")
        shop = Shop(certificates, self.deployment.currency("KRWT").part("sales"))
        shop.put_on_sale(issuer, number)
        promotion = shop.open_promotion(issuer, number, series.promotions[0], max_face=series.face)
        shop.fund(issuer, promotion, 10_000)
        signed = shop.sign_coupon(issuer, promotion, 1, buyer.address, series.face, self.node.now() + 86_400)
        before, reserve = certificates.token.balance(buyer.address), certificates.token.balance(shop.address)
        bought = shop.buy_with_coupon(buyer, series.face, 46_000, signed)
        expect("face bought", certificates.account(number, buyer.address).balance, 50_000)
        expect("price paid", before - certificates.token.balance(buyer.address), 46_000)
        expect("budget used", reserve - certificates.token.balance(shop.address), 4_000)
        self._note("withdraw from a purchase", shop.withdraw(buyer, bought))
        expect("paid back", before - certificates.token.balance(buyer.address), 0)
        expect("budget again", certificates.token.balance(shop.address), 10_000)
        expect("what the shop owes", shop.booked(), 10_000)
        done("50,000 of face for 46,000; withdrawn within 7 days: 46,000 back, and 4,000 to the budget")

    def _cash_out_a_small_rest(self) -> None:
        step("Cash out a small rest, in real USDC", "California: rests below 15 dollars")
        certificates, number = self._series(US)
        holder = development_wallet("holder")
        self._buy(certificates, number, holder.address, 25_000_000)
        cafe = development_wallet("cafe").address
        receipt = certificates.redeem(holder, number, 10_000_000, cafe)
        self._note("redeem real USDC, by the holder", receipt)
        expect("refundable of 15.00", certificates.refundable(number, holder.address).amount, 0)
        certificates.redeem(holder, number, 1, cafe)
        due = certificates.refundable(number, holder.address)
        expect("refundable of 14.999999", (due.right, due.payout), (Right.SMALL_REST, 14_999_999))
        self._note("cash out in real USDC", certificates.refund(holder, number, due.amount, due.payout))
        done("15.00 is too much to cash out, 14.999999 is paid")

    def _take_goods_back(self) -> None:
        step("Take goods back", "the money returns to the card, not into a purse")
        certificates, number = self._series(DE)
        unit = 10**certificates.token.decimals
        reader, theatre = development_wallet("reader"), development_wallet("theatre")
        self._buy(certificates, number, reader.address, 30 * unit)
        certificates.redeem(reader, number, 20 * unit, theatre.address)
        certificates.allow_payment(theatre, 5 * unit)
        signed = certificates.sign_restoration(reader, number, 5 * unit, theatre.address)
        self._note("restore", certificates.restore_signed(theatre, signed))
        account = certificates.account(number, reader.address)
        expect("card after it", (account.balance, account.spent), (15 * unit, 15 * unit))
        done(f"{certificates.token.show(15 * unit)} are on the card again")

    def _play_music(self) -> None:
        certificates, _ = self._series(US)
        evening = Evening(Tips(certificates, self.deployment.currency("USDC").part("jars")), self.folder)
        evening.run()
        self.gas += evening.gas

    def _crawl(self) -> None:
        record = self.deployment.currency("USDC")
        certificates = Certificates(self.node, record.certificates, record.block)
        crawl = Crawl(Prepaid(certificates, record.part("accounts")), self.folder, self.calls)
        crawl.run()
        self.gas += crawl.gas

    def _deliver(self) -> None:
        certificates, number = self._series(KR)
        issuer, buyer, shop = map(development_wallet, ("issuer", "holder", "bookshop"))
        self._buy(certificates, number, buyer.address, 50_000)
        orders = Orders(certificates, self.deployment.currency("KRWT").part("orders"))
        deliveries = Deliveries(orders, number, issuer, buyer, shop)
        deliveries.run()
        self.gas += deliveries.gas

    def _read(self) -> None:
        certificates, _ = self._series(US)
        reading = Reading(Rewards(certificates, self.deployment.currency("USDC").part("rewards")))
        reading.run()
        self.gas += reading.gas

    def _spend(self) -> None:
        certificates, number = self._series(KR)
        buyer, shop = map(development_wallet, ("holder", "bookshop"))
        currency, dollars = (self.deployment.currency(symbol) for symbol in ("KRWT", "USDC"))
        spending = Spending(
            Payout(certificates, currency.part("payout")),
            Items(certificates, currency.part("items")),
            Certificates(self.node, dollars.certificates, dollars.block).token,
            number,
            buyer,
            shop,
        )
        spending.run()
        self.gas += spending.gas

    def _trade(self) -> None:
        certificates, number = self._series(KR)
        issuer, holder, buyer, shop = map(development_wallet, ("issuer", "holder", "giver", "bookshop"))
        self._buy(certificates, number, holder.address, 50_000)
        won, dollars = (self.deployment.currency(symbol) for symbol in ("KRWT", "USDC"))
        trading = Trading(
            Market(certificates, won.part("market")),
            Prepaid(certificates, won.part("accounts")),
            Swaps(certificates, won.part("swaps")),
            Swaps(Certificates(self.node, dollars.certificates, dollars.block), dollars.part("swaps")),
            number,
            issuer,
            holder,
            buyer,
            shop,
        )
        trading.run()
        self.gas += trading.gas

    def _let_one_expire(self) -> None:
        certificates, number = self._series(KR)
        terms = certificates.terms(number)
        step("Let one expire", f"jump to {day(terms.expires_at)}: 90 % back, as the terms say")
        reader = development_wallet("reader")
        self._buy(certificates, number, reader.address, 50_000)
        self.node.jump_to(terms.expires_at)
        self._expect_refused(
            "paying with it", "GiftCertificates_Expired",
            lambda: certificates.redeem(reader, number, 1_000, development_wallet("cinema").address),
        )  # fmt: skip
        due = certificates.refundable(number, reader.address)
        expect("refundable", (due.right, due.amount, due.payout), (Right.POST_EXPIRY, 50_000, 45_000))
        before = certificates.token.balance(reader.address)
        self._note("refund after expiry", certificates.refund(reader, number, due.amount, due.payout))
        expect("paid back", certificates.token.balance(reader.address) - before, 45_000)
        done("paying is refused; 45,000 KRWT are paid back, 5,000 are owed to the beneficiary")

    def prove(self) -> Proof:
        """Audit every contract. Raises InsolventError, and DemoError where a unit too many lies there."""
        step("The proof", "every liability rebuilt from logs alone, beside the money that is there")
        currencies = self.deployment.currencies
        proof = prove(self.node, currencies)
        proof.require_solvent()
        for kind in proof.all():
            for symbol, found in kind.items():
                expect(f"{symbol}: money held less liabilities", found.surplus, 0)
        table("What each step took", ("step", "gas", ""), [(n, f"{g:,}", w) for n, g, w in self.gas])
        show_proof(proof, {one.symbol: one.decimals for one in currencies})
        for path in sorted(self.folder.iterdir()):
            say(f"written: out/{self.folder.name}/{path.name}")
        panel("Every contract holds exactly what it owes, after every block.", "Proven")
        return proof

    # ---------------------------------------------------------------------------------------------- helpers

    def _people(self) -> list[str]:
        tokens = {currency.token for currency in self.manifest.currencies}
        return sorted(self.manifest.roles() - tokens)

    def _token_roles(self) -> dict[str, str]:
        return currency_roles(self.manifest, self.deployment)

    def _series(self, name: str) -> tuple[Certificates, int]:
        record = next(one for one in self.deployment.series if one.name == name)
        currency = self.deployment.currency(record.symbol)
        return Certificates(self.node, currency.certificates, currency.block), record.series_id

    def _buy(self, certificates: Certificates, number: int, to: str, amount: int) -> None:
        issuer = development_wallet("issuer")
        certificates.allow_payment(issuer, amount)
        self._note("issue one, by the issuer", certificates.issue(issuer, number, to, amount))

    def _picture(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_bytes(qr_png(text))
        return path

    def _note(self, what: str, receipt: TxReceipt) -> None:
        if all(what != noted for noted, _, _ in self.gas):
            self.gas.append((what, int(receipt["gasUsed"]), ""))

    def _gas_since(self, block: int) -> int:
        blocks = range(block + 1, self.node.block_number() + 1)
        return sum(int(self.node.web3.eth.get_block(number)["gasUsed"]) for number in blocks)

    def _expect_untouched(self, person: Wallet) -> None:
        address = Web3.to_checksum_address(person.address)
        found = (self.node.web3.eth.get_balance(address), self.node.web3.eth.get_transaction_count(address))
        expect(f"wei and transactions of {address}", found, (0, 0))

    @staticmethod
    def _expect_refused(what: str, error: str, act: Callable[[], object]) -> None:
        try:
            act()
        except (RefusedError, ClientError) as refused:
            expect(f"why {what} is refused", refused.reason, error)
            return
        raise DemoError("not_refused", f"{what} was not refused")


def _relayer() -> Wallet:
    return development_wallet("relayer")
