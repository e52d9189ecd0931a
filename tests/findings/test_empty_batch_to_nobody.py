"""ERC-1155: a transfer to the zero address must revert, and so must one of no rows at all."""

from tests.support.certificates import ZERO, World
from tests.support.errors import reverts


def test_an_empty_batch_to_nobody_reverts(world: World) -> None:
    with reverts("ERC1155InvalidReceiver", ZERO):
        world.certificates.safeBatchTransferFrom(world.holder, ZERO, [], [], b"", {"from": world.holder})
