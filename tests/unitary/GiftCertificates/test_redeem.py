"""redeem: the holder pays a merchant in one transaction."""

from tests.support.errors import reverts


def test_redeem_reverts_over_balance(world):
    series = world.create_series()
    world.issue(series, world.holder, 100)
    with reverts("GiftCertificates_InsufficientBalance", 100, 101):
        world.certificates.redeem(series, 101, world.merchant, {"from": world.holder})


def test_redeem_pays_the_merchant(world):
    series = world.create_series()
    world.issue(series, world.holder, 100)
    tx = world.certificates.redeem(series, 40, world.merchant, {"from": world.holder})
    assert world.token.balanceOf(world.merchant) == 40
    assert world.certificates.account(series, world.holder) == (60, 40, 0)
    event = tx.events["TransferSingle"]
    assert (event["operator"], event["from"], event["id"], event["value"]) == (
        world.merchant,
        world.holder,
        series,
        40,
    )
    assert world.reserve() == world.liabilities() == 60
