"""Found by the reference model: face of an open series could be restored to the zero address.

The money is lost to everybody but the series' beneficiary, and the TransferSingle from zero to zero reads, by
the rule that the interface gives to accountants, as a redemption that never happened.
"""

from typing import Any

from tests.support.certificates import ZERO, World
from tests.support.errors import reverts


def test_a_service_restores_nothing_to_nobody(world: World) -> None:
    series_id = world.create_series()
    world.fund(world.merchant, 100)
    call: Any = world.certificates.restoreFromService
    with reverts("GiftCertificates_ZeroAddress"):
        call(ZERO, series_id, 100, {"from": world.merchant})
    assert world.certificates.state(series_id)[1] == 0
    assert world.reserve() == 0
