"""A row of a batch that its recipient refused was never issued: it must not count against the day's limit.

Else one recipient contract that refuses a large row ends an operator's day.
"""

from tests.fixtures.accounts import MakeAccount
from tests.support.certificates import DAY, World
from tests.support.clock import mine_at


def test_refused_rows_use_no_limit(world: World, make_account: MakeAccount) -> None:
    series = world.create_series()
    refuser = make_account("Refuser1155", world.agent, "Reverts")
    mine_at((world.now() // DAY + 1) * DAY)
    world.certificates.setOperator(series, world.operator, 100, {"from": world.issuer})
    world.fund(world.operator, 200)
    rows = [(world.holder.address, 5), (refuser.address, 95)]
    world.certificates.issueBatch(series, rows, {"from": world.operator})
    assert world.certificates.state(series)[1] == 5
    assert world.certificates.operatorLimit(series, world.operator) == (100, 5)
    world.certificates.issue(series, world.holder, 95, {"from": world.operator})
    assert world.certificates.balanceOf(world.holder, series) == 100
