"""A settlement has 500 rows at most, the greatest gains first. An account whose owner had asked for a
withdrawal, and whose voucher was smaller than 500 others, was not among them; and as none of them was urgent,
nothing was settled before the money was withdrawn."""

from __future__ import annotations

from dataclasses import replace

from largesse.gateway.ledger import Owed
from largesse.gateway.settler import MOST_ROWS, ROW_GAS, Candidate, Policy, decide

GWEI = 10**9
NOW = 1_900_000_000
POLICY = Policy(3_000 * 10**6, most_at_risk=10**12)
ROW = -(-ROW_GAS * GWEI * POLICY.native_price // 10**18)
"""What a row costs."""


def candidate(index: int, gain: int, until: int | None = None) -> Candidate:
    return Candidate(Owed(index, gain, 0, b"", by_contract=False, waits_since=NOW), gain, until)


MANY = [candidate(index, 99 * ROW) for index in range(MOST_ROWS + 5)]


def test_who_is_about_to_withdraw_comes_first() -> None:
    assert not decide(MANY, POLICY, NOW, GWEI).settles
    small = candidate(10_000, ROW + 1, NOW + 1_800)
    found = decide([*MANY, small], POLICY, NOW, GWEI)
    assert found.settles and "ends in 1800 s" in found.why
    assert found.batch[0] == small.owed
    assert (len(found.batch), found.too_small) == (MOST_ROWS, 6)


def test_who_ends_later_has_no_such_right() -> None:
    found = decide(
        [*MANY, candidate(10_000, ROW + 1, NOW + 1_801)], replace(POLICY, most_cost_bps=102), NOW, GWEI
    )
    assert found.settles
    assert 10_000 not in {one.index for one in found.batch}
