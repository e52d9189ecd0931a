"""Who is under notice is paid in its own part until the notice ends.

An issuer gave a merchant notice and admitted it as a service in the same minute: at once nobody could pay it
any more, while the refund that stands in for it opened only 30 days later. Meanwhile holders had neither.
"""

import pytest

from tests.support import clock
from tests.support.certificates import DAY, World
from tests.support.errors import reverts
from tests.support.payments import NAMED_TERMS

NOTICE = 30 * DAY


@pytest.fixture(scope="module")
def named(world: World) -> int:
    """A named series of two merchants and a service; the holder has 1,000."""
    series = world.create_series([world.merchant, world.other_merchant], [world.creator], **NAMED_TERMS)
    world.issue(series, world.holder, 1_000)
    return series


def test_a_merchant_under_notice_cant_be_made_a_service(world: World, named: int) -> None:
    given = clock.at(world.now() + 10)
    world.certificates.removeMerchant(named, world.merchant, {"from": world.issuer})
    with reverts("GiftCertificates_MerchantKnown", named, world.merchant):
        world.certificates.addServices(named, [world.merchant], {"from": world.issuer})
    clock.at(given + NOTICE - 1)
    world.certificates.redeem(named, 10, world.merchant, {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == 10


def test_a_service_under_notice_cant_be_made_a_merchant(world: World, named: int) -> None:
    given = clock.at(world.now() + 10)
    world.certificates.removeMerchant(named, world.creator, {"from": world.issuer})
    with reverts("GiftCertificates_MerchantKnown", named, world.creator):
        world.certificates.addMerchants(named, [world.creator], {"from": world.issuer})
    clock.mine_at(given + NOTICE - 1)
    assert world.certificates.isService(named, world.creator)


@pytest.mark.parametrize("part", ["merchant", "creator"])
def test_who_is_under_notice_may_return_to_its_own_part(world: World, named: int, part: str) -> None:
    member = getattr(world, part)
    admit, is_in = {
        "merchant": (world.certificates.addMerchants, world.certificates.isMerchant),
        "creator": (world.certificates.addServices, world.certificates.isService),
    }[part]
    given = clock.at(world.now() + 10)
    world.certificates.removeMerchant(named, member, {"from": world.issuer})
    admit(named, [member], {"from": world.issuer})
    clock.mine_at(given + NOTICE)
    assert is_in(named, member)
