"""The jars' invariants of INVARIANTS.md, asserted on a side after each step. What the escrow's views say
equals the model's books by then (`JarsSide.compare`); what was paid in and out is in `JarsSide.logs`."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from tests.model.jars import day_of
from tests.model.words import DAY
from tests.stateful.invariants import hold
from tests.stateful.jars.side import JarsSide


@dataclass
class JarWatch:
    """What a side's invariants remember from the step before."""

    credited: dict[int, int] = field(default_factory=dict)  # by jar: collected, and claimable then
    marks: dict[str, int] = field(default_factory=dict)

    def check(self, side: JarsSide, given: int) -> None:
        """All that holds after any step; `given` base units came by mistake."""
        jars, books, logs = side.jars, side.jars.books, side.logs
        held = side.model.currency.of(side.here) - given
        owed, collected = sum(logs.owed.values()), sum(logs.collected.values())
        due = logs.deposits - logs.refunds - collected + owed + logs.undivided()
        hold(held == due, 8, f"holds {held}; the logs leave {due}")
        hold(owed == sum(books.owed.values()), 22, f"the logs owe {owed}")
        hold(not logs.twice, 5, f"a consent used twice: {logs.twice}")
        for who, mark in books.marks.items():
            hold(mark >= self.marks.get(who, 0), 4, f"the watermark of {who} fell")
        self.marks = dict(books.marks)
        for jar_id in books.jars:
            self._check_jar(side, jar_id)
        earned = sum(jar.earned(jars.now) for jar in books.jars.values())
        left = sum(jars.left(stream) for stream in books.streams.values())
        each = (books.gifts.get(one, 0) * gifts.amount_each for one, gifts in side.batches.items())
        waiting = sum(each) + sum(tip.amount for one, tip in side.tips.items() if books.tips.get(one, False))
        total = earned + left + (waiting + logs.refunds) * jars.scale
        paid = logs.deposits * jars.scale
        hold(total == paid, 10, f"{paid} deposited, but {total} refunded, refundable, earned or waiting")

    def _check_jar(self, side: JarsSide, jar_id: int) -> None:
        jar, now, scale = side.jars.jar(jar_id), side.jars.now, side.jars.scale
        collected = side.logs.collected[jar_id] * scale
        credited, earned = collected + side.jars.claimable_scaled(jar_id), jar.earned(now)
        hold(credited <= earned, 9, f"{jar_id}: {credited} paid or payable of {earned} earned")
        hold(earned - credited <= jar.late(now), 9, f"{jar_id}: {credited} lags too far behind {earned}")
        before = self.credited.get(jar_id, 0)
        hold(credited >= before, 11, f"{jar_id}: claimable fell from {before} to {credited}")
        self.credited[jar_id] = credited

    def look_ahead(self, side: JarsSide, rng: Random) -> None:
        """At some second to come, if nobody did anything: never more than was earned, no less than now."""
        jars, chain = side.jars, side.chain
        now = chain.time
        ends = [stream.ends_at for stream in jars.books.streams.values() if jars.runs(stream)]
        midnight = (day_of(now) + 1) * DAY
        time = rng.choice([*ends, midnight, midnight + DAY, now + rng.randrange(1, 3 * DAY)])
        chain.time = max(now, time + rng.choice([-1, 0, 0, 1]))
        side.compare_claimable()
        for jar_id in jars.books.jars:
            jar = jars.jar(jar_id)
            credited, earned = jar.credited(chain.time), jar.earned(chain.time)
            hold(credited <= earned, 9, f"{jar_id}: {credited} payable of {earned} earned at {chain.time}")
            hold(credited >= self.credited[jar_id], 11, f"{jar_id}: claimable falls by {chain.time}")
        chain.time = now
