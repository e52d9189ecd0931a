"""The token that gas is measured with, by tests/gas and here."""

from functools import cache

from tools.compiler import compile_contract


@cache
def creation_code() -> bytes:
    """Of TestToken, by the older of the compiler's pipelines, as it was when the goals were set: a figure
    moves with our code, and not with the token's."""
    return compile_contract("TestToken", {}, folder="contracts/test", trial=True)
