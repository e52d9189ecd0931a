"""Finding: ERC-1155 lets anybody hand on an amount of 0, of a series that nobody has opened too. Whoever did
it once ended every report, whose movements of face did not expect it, with a ValueError.
"""

from __future__ import annotations

from brownie import web3

from largesse.artifacts import certificates_abi
from largesse.chainlogs import Decoder
from largesse.report.life import Life
from tests.support.certificates import World

UNKNOWN = 999


def test_a_transfer_of_nothing_of_no_series_ends_no_report(world: World) -> None:
    tx = world.certificates.safeTransferFrom(
        world.stranger, world.giver, UNKNOWN, 0, b"", {"from": world.stranger}
    )
    decoder = Decoder(certificates_abi())
    life = Life(lambda _: 0)
    life.add([decoder.decode(log) for log in web3.eth.get_transaction_receipt(tx.txid)["logs"]])
    assert [(one.kind, one.series_id, one.amount) for one in life.movements] == [("transferred", UNKNOWN, 0)]
    assert life.series == {}
