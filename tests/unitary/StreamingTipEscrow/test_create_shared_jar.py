"""createSharedJar: earnings are split, for good."""

import pytest

from tests.support.errors import reverts
from tests.support.jars import ITSELF, ZERO, Jars, set_storage, storage_slot
from tests.support.logs import logs_of
from tests.support.outputs import returned


def create(jars: Jars, payees: list[object], shares: list[int]) -> object:
    return jars.escrow.createSharedJar([str(p) for p in payees], shares, {"from": jars.creator})


def somebody(count: int) -> list[str]:
    return [f"0x{i:040x}" for i in range(1, count + 1)]


@pytest.mark.parametrize("payees, shares", [(0, 0), (1, 0), (0, 1), (2, 1), (1, 2), (21, 21)])
def test_create_shared_jar_reverts_for_the_wrong_number(jars: Jars, payees: int, shares: int) -> None:
    with reverts("Jar_PayeeCount", payees, shares, 20):
        create(jars, somebody(payees), [1] * shares)


def test_create_shared_jar_reverts_for_a_bad_payee(jars: Jars) -> None:
    """Nobody, the escrow, one twice, and one that gets nothing."""
    for payees, shares, bad in (
        ([jars.creator, ZERO], [5_000, 5_000], 1),
        ([jars.escrow, jars.creator], [5_000, 5_000], 0),
        ([jars.creator, jars.agent, jars.creator], [3_000, 3_000, 4_000], 2),
        ([jars.creator, jars.agent], [10_000, 0], 1),
    ):
        with reverts("Jar_BadPayee", payees[bad], shares[bad]):
            create(jars, payees, shares)


@pytest.mark.parametrize("sum_bps", [9_999, 10_001, 65_536 + 10_000])
def test_create_shared_jar_reverts_for_another_sum(jars: Jars, sum_bps: int) -> None:
    shares = [1, sum_bps - 1] if sum_bps < 65_536 else [65_535, sum_bps - 65_535]
    with reverts("Jar_SharesDiffer", sum_bps, 10_000):
        create(jars, somebody(2), shares)


def test_create_shared_jar_reverts_after_65535_versions(jars: Jars) -> None:
    create(jars, [jars.creator], [10_000])
    slot = storage_slot(jars.escrow, 1, jars.creator)
    set_storage(jars.escrow, slot, 65_534)
    assert returned(create(jars, [jars.creator], [10_000])) == jars.jar_of(jars.creator, 65_535)
    with reverts("Jar_TooManyVersions", jars.creator, 65_535):
        create(jars, [jars.creator], [10_000])
    jars.tip(5, jars.jar_of(jars.creator, 65_535))


@pytest.mark.parametrize("count", [1, 2, 20])
def test_create_shared_jar(jars: Jars, count: int) -> None:
    payees = somebody(count)
    shares = [1] * (count - 1) + [10_001 - count]
    for version in (1, 2):
        tx = create(jars, payees, shares)
        jar = jars.jar_of(jars.creator, version)
        assert returned(tx) == jar
        assert jars.escrow.versions(jars.creator) == version
        assert jars.escrow.sharedJar(jar) == (payees, shares, 0)
        assert logs_of(tx, jars.escrow) == [("SharedJarCreated", jar, tuple(payees), tuple(shares))]
    assert jars.escrow.versions(jars.stranger) == 0
    assert jars.escrow.sharedJar(jars.jar_of(jars.creator, 3)) == ((), (), 0)


def test_shared_jars_are_apart(jars: Jars) -> None:
    first = jars.shared_jar([jars.agent], [10_000])
    second = jars.shared_jar([jars.merchant], [10_000])
    for jar, amount in ((jars.jar, 1), (first, 2), (second, 4)):
        jars.tip(amount, jar)
        jars.collect(jar)
    owed = [jars.escrow.owed(p) for p in (jars.creator, jars.agent, jars.merchant)]
    assert (jars.balance(jars.creator), owed) == (1, [0, 2, 4])
    jars.escrow.withdrawOwed(jars.merchant, jars.merchant, ITSELF, {"from": jars.merchant})
    assert jars.balance(jars.merchant) == 4
