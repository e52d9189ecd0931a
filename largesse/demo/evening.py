"""The demo's creator: an evening's music that 100 listeners pay by the second."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from largesse.books.jar_report import plot_income, report_jar, show_scaled
from largesse.chain import Wallet, development_wallet
from largesse.clients.jars import Done, Funding
from largesse.clients.tips import Tips, new_handle_tip
from largesse.console import done, progress, step
from largesse.demo.checks import expect
from largesse.development import mint
from largesse.gifts.links import new_link_key
from largesse.jars import StreamKey, handle_hash, jar_id, parse_rate

LISTENERS: Final = 100
HOURS: Final = 3
STOPS_AFTER: Final = 37
_DAY: Final = 86_400
_BEGINS: Final = 19 * 3_600


@dataclass
class Evening:
    """`gas` is what each step cost: name, gas, remark."""

    tips: Tips
    folder: Path
    gas: list[tuple[str, int, str]] = field(default_factory=list)

    def run(self) -> None:
        """All of it. Raises DemoError, and whatever the parts raise."""
        token, node = self.tips.token, self.tips.node
        unit = 10**token.decimals
        step(
            f"{LISTENERS} listeners pay an evening's music by the second",
            f"0.36 {token.symbol} an hour, each signs once, a relayer sends",
        )
        node.jump_to((node.now() // _DAY + 1) * _DAY + _BEGINS)
        a_second = 36 * unit // 100 // 3_600
        whole = HOURS * 3_600 * a_second
        creator = development_wallet("creator")
        jar = jar_id(creator.address)
        alone = jar_id(development_wallet("charity").address)
        self._listen(alone, whole, 1)
        last = self._listen(jar, whole, LISTENERS)
        report = report_jar(self.tips.certificates, self.tips.address, jar)
        expect("who pay by the second", report.tippers, LISTENERS)
        done(f"{LISTENERS} streams run, {show_scaled(report.rate, token)} a second in all")
        self._stop(last, StreamKey(last.address, jar, 0), whole, STOPS_AFTER * a_second)
        self._tip_somebody_unknown(5 * unit)
        node.jump_to((node.now() // _DAY + 1) * _DAY)
        self._collect(creator, LISTENERS, (LISTENERS - 1) * whole + STOPS_AFTER * a_second)
        self._collect(development_wallet("charity"), 1, whole)
        report = report_jar(self.tips.certificates, self.tips.address, jar)
        plot_income(report, token, self.folder / "income.png", 7)
        done("the creator's income by day: income.png")

    def _listen(self, jar: int, amount: int, count: int) -> Wallet:
        """Open a stream of each of `count` listeners; the last of them."""
        tips, rate = self.tips, parse_rate("0.36/hour", self.tips.token.decimals)
        deployer, relayer = development_wallet("deployer"), development_wallet("relayer")
        with progress("listening", count) as advance:
            for number in range(count):
                listener = Wallet.from_key(f"listener {number}", new_link_key())
                mint(tips.node, tips.token.address, listener.address, amount, deployer)
                opened = tips.open(listener, jar, rate, amount, relayer=relayer, funding=Funding.SIGNATURE)
                advance(1)
        self._note("open a stream by signature, real USDC", opened)
        return listener

    def _stop(self, listener: Wallet, key: StreamKey, paid: int, flowed: int) -> None:
        """What has not flowed by this very second comes back, to the unit."""
        tips, node = self.tips, self.tips.node
        stop = tips.stream(key).started_at + STOPS_AFTER
        node.jump_to(stop - 1)
        node.develop("evm_setNextBlockTimestamp", [stop])
        stopped = tips.cancel(listener, key, relayer=development_wallet("relayer"))
        self._note("stop a stream", stopped)
        expect("refund", stopped["refund"], paid - flowed)
        expect("what the listener has", tips.token.balance(listener.address), paid - flowed)
        show = tips.token.show
        done(f"one stops after {STOPS_AFTER} s: {show(flowed)} have flowed, {show(paid - flowed)} are back")

    def _tip_somebody_unknown(self, amount: int) -> None:
        tips, handle = self.tips, handle_hash("github:anna")
        supporter, attestor = development_wallet("supporter"), development_wallet("operator")
        until = tips.node.now() + 365 * _DAY
        tip = new_handle_tip(supporter.address, handle, attestor.address, amount, until)
        self._note("tip a handle", tips.tip_handle(supporter, tip, "for your parser"))
        expect("tips that wait", tips.handle_tips(handle), [tip])
        done(f"{tips.token.show(amount)} wait for whoever has github:anna, a year long")

    def _collect(self, creator: Wallet, tippers: int, earned: int) -> None:
        tips = self.tips
        before = tips.token.balance(creator.address)
        collected = tips.collect(creator, jar_id(creator.address))
        expect("collected", tips.token.balance(creator.address) - before, earned)
        people = f"{tippers} tipper{'' if tippers == 1 else 's'}"
        self._note(f"collect from {people}", collected)
        done(f"collected from {people}: {tips.token.show(earned)}, for {collected.gas:,} gas")

    def _note(self, what: str, it: Done) -> None:
        if all(what != noted for noted, _, _ in self.gas):
            self.gas.append((what, it.gas, ""))
