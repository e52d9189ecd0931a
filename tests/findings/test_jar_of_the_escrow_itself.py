"""A tip or a stream to the escrow's own address went into a jar that nobody can ever collect: the escrow paid
itself, which moves nothing, and owed it to itself from then on. So could a certificate be redeemed, since a
service may be its own payee, a handle's tips be claimed, and a tier be filled."""

from typing import Any

import pytest

from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, NOON, Jars, use

UNIT = 10**9


@pytest.fixture
def own_jar(jars: Jars) -> int:
    return jars.jar_of(jars.escrow)


def test_no_money_goes_into_it(jars: Jars, own_jar: int) -> None:
    with reverts("Jar_UnknownJar", own_jar):
        jars.tip(5, own_jar)
    with reverts("Jar_UnknownJar", own_jar):
        jars.open(UNIT, 100, jar=own_jar)
    with reverts("Jar_UnknownJar", own_jar):
        jars.collect(own_jar)


@pytest.mark.parametrize("kind", ["Tip", "Open"])
def test_no_certificate_goes_into_it(jars: Jars, own_jar: int, kind: str) -> None:
    series = jars.world.create_series()
    jars.world.issue(series, jars.holder, 100)
    data = use("Tip", "") if kind == "Tip" else use("Open", 0, UNIT)
    with reverts("Jar_UnknownJar", own_jar):
        jars.redeem([jars.world.own_card(series, 100)], data, payee=jars.escrow)


def test_no_handles_tip_goes_into_it(jars: Jars, own_jar: int) -> None:
    tip: tuple[Any, ...] = jars.handle_tip()
    jars.escrow.tipHandle(tip, "", ITSELF, {"from": jars.supporter})
    attestation = jars.attest([tip], jars.escrow, NOON + DAY)
    with reverts("Jar_UnknownJar", own_jar):
        jars.escrow.claimHandleTips([tip], jars.escrow, NOON + DAY, attestation, {"from": jars.relayer})
