"""Is this the code of that contract? Immutables are filled in at deployment, so bytes alone don't tell."""

import re

# A PUSH32 of zero is where solc leaves room for an immutable's value.
_IMMUTABLE = re.compile("7f" + "0" * 64)


def is_code_of(actual: str, compiled: str) -> bool:
    """Whether `actual` is `compiled` (Brownie's deployedBytecode) with immutables filled in. Hex without 0x.

    The metadata at the end is left out of the comparison, as is what Brownie marks as a library's place.
    """
    if not compiled or len(actual) != len(compiled) or "_" in compiled:
        return False
    for room in _IMMUTABLE.finditer(compiled):
        actual = actual[: room.start() + 2] + "0" * 64 + actual[room.end() :]
    metadata = 2 * (int(compiled[-4:], 16) + 2)
    return actual[:-metadata] == compiled[:-metadata]
