"""Credit stays credit: a conversion must not lead into rights to cash that the expired series did not grant.

The expired series paid nothing back. One unit spent in a series that cashes out rests, or one that refunds
the remainder after little use, would turn all the rest into cash.
"""

from typing import Any

import pytest

from tests.support.certificates import DAY, NO_SIGNATURE, World
from tests.support.clock import at
from tests.support.errors import reverts

FACE = 100


@pytest.mark.parametrize(
    "right",
    [{"cash_out_below": FACE}, {"use_threshold_bps": 100}],
    ids=["small rest", "remainder after use"],
)
def test_no_conversion_into_more_cash(world: World, right: dict[str, Any]) -> None:
    now = world.now()
    nothing = {"named": True, "post_expiry_bps": 0, "denomination": FACE}
    old = world.create_series(
        [world.merchant], **nothing, convertible=True, sales_close_at=now + DAY, expires_at=now + 2 * DAY
    )
    new = world.create_series([world.merchant], **nothing, **right)
    world.issue(old, world.holder, FACE)
    at(now + 2 * DAY)
    with reverts("GiftCertificates_NotConvertible", old, new):
        world.certificates.convertExpired(world.holder, old, new, FACE, NO_SIGNATURE, {"from": world.holder})
