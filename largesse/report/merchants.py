"""Who is paid with certificates, and how much of it goes to a few."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from largesse.report.history import History
from largesse.report.life import Movement
from largesse.report.model import Row, amounts, counts, figures, ratios, share, text
from largesse.report.scope import Scope

TOP: Final = 5
_SQUARE: Final = 10_000
"""A Herfindahl-Hirschman index has percentages squared: 10,000 for one merchant alone."""


def redemptions(history: History, scope: Scope) -> list[Movement]:
    """Those of the range that paid merchants, withdrawals from purchases left out."""
    return [
        one
        for one in history.movements
        if one.kind == "redeemed" and scope.covers(one.time) and not history.is_withdrawal(one)
    ]


@figures(
    "merchants", "Merchants", text("merchant"), counts("payments", "into services"),
    amounts("redeemed", "fee", "net", "at once"), ratios("share"),
)  # fmt: skip
def merchants(history: History, scope: Scope) -> Iterator[Row]:
    """Redemptions of the range, by whom they were for: the merchant, or the payee of a service. Net: redeemed
    less the issuer's fee. At once: what went to the merchant itself in the same transaction; the rest went
    into a service for it. Share: of all face redeemed in the range."""
    found = redemptions(history, scope)
    whole = sum(one.amount for one in found)
    rows: defaultdict[str, list[Movement]] = defaultdict(list)
    for one in found:
        rows[one.other].append(one)
    for merchant, mine in sorted(rows.items()):
        face, net = sum(one.amount for one in mine), sum(one.paid for one in mine)
        served = [one for one in mine if one.service]
        direct = net - sum(one.paid for one in served)
        yield (merchant, len(mine), len(served), face, face - net, net, direct, share(face, whole))


@figures(
    "concentration", "Concentration of merchants", counts("merchants"), amounts("redeemed"),
    ratios(f"share of the top {TOP}", "HHI"),
)  # fmt: skip
def concentration(history: History, scope: Scope) -> Iterator[Row]:
    """The same redemptions: the share of the five merchants with the most, and the Herfindahl-Hirschman
    index, the sum of the squares of all merchants' shares in percent (10,000 for one merchant, 1,000 for ten
    equal ones)."""
    rows: defaultdict[str, int] = defaultdict(int)
    for one in redemptions(history, scope):
        rows[one.other] += one.amount
    whole, largest = sum(rows.values()), sorted(rows.values(), reverse=True)
    squares = share(sum(face * face for face in largest) * _SQUARE, whole * whole)
    yield (len(rows), whole, share(sum(largest[:TOP]), whole), squares)
