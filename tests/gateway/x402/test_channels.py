"""Channels in both databases: nobody's change is lost, whoever races."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Connection
from x402.mechanisms.evm.batch_settlement.server.storage import Channel, PendingRequest
from x402.mechanisms.evm.batch_settlement.types import ChannelConfig

from largesse.database import open_database
from largesse.gateway.channels import OlderError, SqlChannelStorage
from largesse.gateway.gateway import tables

CONFIG = ChannelConfig("0x1", "0x2", "0x3", "0x4", "0x5", 900, "0x6")
ID = "0x" + "ab" * 32
FULL = Channel(ID, CONFIG, "5", "7", "0x99", "100", "3", 12, 4, 1_000, 2_000, PendingRequest("p", "7", 3_000))


@pytest.fixture
def storage(database_url: str) -> Iterator[SqlChannelStorage]:
    engine = open_database(database_url, tables())
    yield SqlChannelStorage(engine, "us")
    engine.dispose()


def charge(channel: Channel | None) -> Channel:
    changed = Channel(ID, CONFIG) if channel is None else channel.copy()
    changed.charged_cumulative_amount = str(int(changed.charged_cumulative_amount) + 1)
    return changed


def test_a_channel_comes_back_whole(storage: SqlChannelStorage) -> None:
    assert storage.get(ID) is None
    written = storage.update_channel(ID.upper().replace("X", "x"), lambda _: FULL)
    assert (written.status, written.channel) == ("updated", FULL)
    assert storage.get(ID) == FULL
    assert storage.list() == [FULL]
    assert SqlChannelStorage(storage.engine, "others").list() == []


def test_what_is_not_changed_is_not_written(storage: SqlChannelStorage) -> None:
    assert storage.update_channel(ID, lambda current: current).status == "unchanged"
    storage.update_channel(ID, lambda _: FULL)
    result = storage.update_channel(ID, lambda current: current)
    assert (result.status, result.channel) == ("unchanged", FULL)


def test_a_channel_that_was_emptied_stays(storage: SqlChannelStorage) -> None:
    assert storage.update_channel(ID, lambda _: None).status == "unchanged"
    storage.update_channel(ID, lambda _: FULL)
    assert storage.update_channel(ID, lambda _: None).status == "updated"
    assert storage.get(ID) == Channel(ID, CONFIG, "5", "7", "0x99", "5", "5", 0, 5, None, 2_000)


def test_what_was_read_earlier_is_not_written(storage: SqlChannelStorage) -> None:
    storage.update_channel(ID, lambda _: FULL)
    for older in (
        replace(FULL, refund_nonce=3, onchain_synced_at=1_001),
        replace(FULL, balance="101"),
        replace(FULL, withdraw_requested_at=0),
    ):
        with pytest.raises(OlderError):
            storage.update_channel(ID, lambda _, older=older: older)  # type: ignore[misc]
    storage.update_channel(ID, lambda _: replace(FULL, total_claimed="2"))
    assert storage.get(ID) == FULL
    newer = replace(FULL, balance="101", withdraw_requested_at=0, onchain_synced_at=1_001, total_claimed="4")
    storage.update_channel(ID, lambda _: newer)
    assert storage.get(ID) == newer


def test_a_channel_is_forgotten_where_it_has_cost_less_than_was_paid(storage: SqlChannelStorage) -> None:
    storage.forget(ID)
    for total, stays in (("5", True), ("6", False)):
        paid = replace(FULL, total_claimed=total)
        storage.update_channel(ID, lambda _, paid=paid: paid)  # type: ignore[misc]
        storage.forget(ID)
        assert (storage.get(ID) is not None) is stays


def test_an_id_that_is_none_is_refused(storage: SqlChannelStorage) -> None:
    for wrong in ("", "0x", ID + "00", "' OR 1=1 --"):
        with pytest.raises(ValueError, match="channel_id_invalid"):
            storage.get(wrong)
        with pytest.raises(ValueError, match="channel_id_invalid"):
            storage.update_channel(wrong, lambda _: FULL)


def test_no_change_is_lost_between_racers(storage: SqlChannelStorage) -> None:
    others = [SqlChannelStorage(storage.engine, "us") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: [one.update_channel(ID, charge) for _ in range(15)], others))
    found = storage.get(ID)
    assert found is not None and found.charged_cumulative_amount == "60"


def test_a_change_is_made_again_on_what_another_wrote(storage: SqlChannelStorage) -> None:
    """Also where the channel was forgotten and made again, as it was, meanwhile."""
    paid = replace(FULL, total_claimed="9")
    for meddle in (
        lambda: storage.update_channel(ID, charge),
        lambda: (storage.forget(ID), storage.update_channel(ID, lambda _: paid)),
        lambda: storage.forget(ID),
    ):
        storage.update_channel(ID, lambda _: paid)
        seen: list[Channel | None] = []

        def late(current: Channel | None, seen: list[Channel | None] = seen, meddle=meddle) -> Channel:  # type: ignore[no-untyped-def]
            seen.append(current)
            if len(seen) == 1:
                meddle()
            return charge(current)

        storage.update_channel(ID, late)
        assert len(seen) == 2
        assert storage.get(ID) == charge(seen[1])


def test_what_is_written_together_is_undone_together(storage: SqlChannelStorage) -> None:
    seen: list[Channel] = []

    def fails(_connection: Connection, channel: Channel) -> None:
        seen.append(channel)
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"), storage.together(fails):
        storage.update_channel(ID, lambda _: FULL)
    assert seen == [FULL] and storage.get(ID) is None
    storage.update_channel(ID, lambda _: FULL)
    assert storage.get(ID) == FULL
