"""What creators earn: tips at once and by the second, and what nobody has collected or claimed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from largesse.books.jars import DAY, Flow, JarBooks
from largesse.jars import jar_creator, jar_id
from largesse.report.history import History
from largesse.report.model import Row, amounts, counts, figures, median, ratios, scaled, share, text
from largesse.report.scope import Scope


def flows_by_jar(books: JarBooks) -> dict[int, list[Flow]]:
    """Every flow that ever earned, finished or not."""
    found: defaultdict[int, list[Flow]] = defaultdict(list)
    for jar, book in books.jars.items():
        found[jar] += book.pieces
    for flow in books.flows():
        if not flow.paused:
            found[flow.jar].append(flow)
    return found


def earned(books: JarBooks, scope: Scope) -> dict[int, int]:
    """Scaled units that each jar earned in the range, by the second."""
    flows, found = flows_by_jar(books), {}
    for jar, book in sorted(books.jars.items()):
        total = sum(amount for time, amount in book.credits if scope.covers(time))
        # Dust of a top-up comes with the day on which the flow ends.
        total += sum(
            amount for day, amount in book.later.items() if scope.since // DAY <= day < scope.time // DAY
        )
        for flow in flows[jar]:
            total += flow.earned(scope.time) - flow.earned(min(scope.since, scope.time))
        found[jar] = total
    return found


def at_once(history: History, scope: Scope) -> dict[int, int]:
    """Base units tipped at once to each jar in the range, claimed tips to handles among them."""
    found: defaultdict[int, int] = defaultdict(int)
    for event in history.events["jars"]:
        if scope.covers(history.time(event.block)):
            if event.name == "Tipped":
                found[event["jarId"]] += event["amount"]
            elif event.name == "HandleTipsClaimed":
                found[jar_id(event["recipient"])] += event["amount"]
    return found


@figures(
    "creators", "Income per creator", text("creator"), counts("jars"), amounts("tipped at once"),
    scaled("by the second", "income"), amounts("collected"), scaled("uncollected"),
)  # fmt: skip
def creators(history: History, scope: Scope) -> Iterator[Row]:
    """What each creator's jars, own and shared, earned in the range: tips at once (those to a handle when
    they are claimed), and streams and memberships by the second, with the dust that rounding leaves to the
    creator. Collected: paid out to jars' owners since the beginning. Uncollected: earned since the beginning
    and not collected at the block. Of the whole currency, whichever issuer is asked for."""
    books, once = history.jars, at_once(history, scope)
    rows: defaultdict[str, list[int]] = defaultdict(lambda: [0] * 5)
    due = books.due(scope.time)
    for jar, total in earned(books, scope).items():
        tipped = once.get(jar, 0)
        row = (1, tipped, total, books.jars[jar].collected, due[jar])
        found = rows[jar_creator(jar)]
        for place, value in enumerate(row):
            found[place] += value
    for creator, (jars, tipped, total, collected, uncollected) in sorted(rows.items()):
        yield (creator, jars, tipped, total - tipped * books.scale, total, collected, uncollected)


@figures(
    "tips", "Tips", counts("creators"), scaled("income", "median", "of the top 10 %"),
    ratios("share of the top 10 %"), scaled("uncollected"), amounts("unclaimed gifts", "unclaimed handles"),
)  # fmt: skip
def tips(history: History, scope: Scope) -> Iterator[Row]:
    """The incomes of the table before, of creators with an income in the range: their sum, their median, and
    that of the highest tenth of creators (their number rounded up). Uncollected: earned and not collected at
    the block, of all creators. Unclaimed at the block: gift subscriptions, and tips to handles."""
    rows = list(_rows(history, scope))
    incomes = sorted((income for income, _ in rows if income), reverse=True)
    top = sum(incomes[: -(-len(incomes) // 10)])
    handles = sum(history.jars.handle_tips.values())
    middle = median(incomes)
    yield (
        len(incomes), sum(incomes), None if middle is None else int(middle), top, share(top, sum(incomes)),
        sum(due for _, due in rows), history.jars.unclaimed - handles, handles,
    )  # fmt: skip


def _rows(history: History, scope: Scope) -> Iterator[tuple[int, int]]:
    """Income and what is uncollected, of each creator."""
    for row in creators.rows(history, scope):
        income, due = row[4], row[6]
        assert isinstance(income, int)  # noqa: S101 - for the type checker
        assert isinstance(due, int)  # noqa: S101
        yield income, due
