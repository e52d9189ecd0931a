"""Finding: ERC-1155 lets anybody hand on an amount of 0, of a series that nobody has opened too. Whoever did
it once ended every report, whose movements of face did not expect it, with a ValueError. Then it counted as
face that somebody had: strangers were holders, a holder's time to first use began with it, a seller's time to
fill began anew.
"""

from __future__ import annotations

from brownie import web3

from largesse.artifacts import certificates_abi
from largesse.chainlogs import Decoder
from largesse.report import resale, use
from largesse.report.life import Life
from tests.support.certificates import World
from tests.support.told_events import DAY, RECORD, Told, certificates, person, transfer

UNKNOWN = 999


def test_a_transfer_of_nothing_of_no_series_ends_no_report(world: World) -> None:
    tx = world.certificates.safeTransferFrom(
        world.stranger, world.giver, UNKNOWN, 0, b"", {"from": world.stranger}
    )
    decoder = Decoder(certificates_abi())
    life = Life(lambda _: 0)
    life.add([decoder.decode(log) for log in web3.eth.get_transaction_receipt(tx.txid)["logs"]])
    assert life.movements == []
    assert life.series == {}


def test_who_is_handed_nothing_has_received_nothing() -> None:
    anna, ben, shop, stranger = map(person, (1, 2, 3, 4))
    told = Told()
    told.series(1, person(5))
    told.hand(1, 1, stranger, anna, 0)
    told.hand(1, 1, stranger, person(6), 0)
    told.issue(10, 1, anna, 100)
    approved = {"account": anna, "operator": RECORD.part("market"), "approved": True}
    told.tell(10, certificates("ApprovalForAll", **approved))
    told.redeem(30, 1, anna, shop, 10)
    batch = {"operator": stranger, "from": stranger, "to": anna, "ids": [1], "values": [0]}
    told.tell(40, certificates("TransferBatch", **batch))
    filled = ("market", "OfferFilled", {"seller": anna, "buyer": ben, "row": 1 << 192 | 50 << 96 | 40})
    told.tell(40, filled, transfer(1, anna, ben, 50))
    history = told.history()
    assert list(use.first_use.rows(history, history.scope)) == [(1, 2, 1, 1, 20 * DAY, 20 * DAY, 20 * DAY)]
    (fill,) = resale.fills(history)
    assert fill.waited == 30 * DAY
