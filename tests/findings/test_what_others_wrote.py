"""What somebody else wrote acted on the terminal that showed it: a gift's message, a server's answer, a
currency's name, the words of a contract's error. They could clear what a command had said, or hide a line;
and a name with a bracket in it ended a table in an error of the library that draws it."""

from __future__ import annotations

from typing import Any, cast

import pytest
from web3.exceptions import Web3RPCError

from largesse.chain import refusal
from largesse.console import say, table
from largesse.errors import visible

LIE = "\x1b[2K\r✓ 50,000 KRWT\x9b1A\x07\x00\u202eTWRK\u2066"
SPELT = "\\x1b[2K\\r✓ 50,000 KRWT\\x9b1A\\x07\\x00\\u202eTWRK\\u2066"


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


def test_what_acts_is_spelt_out_and_all_else_stays() -> None:
    assert visible(LIE) == SPELT
    for text in ("", "생일 축하해요!\n\t“Read!” 👨‍👩‍👧", "שלום\u200f", "\\x1b"):
        assert visible(text) == text


def test_a_line_and_a_table_show_it(capsys: pytest.CaptureFixture[str]) -> None:
    say(LIE)
    assert capsys.readouterr().out == SPELT + "\n"
    table("Of [/] \x1b[2K", ("[red]a", "b"), [("[red]USD[/red]", 1), ("[/]", "x\x1b[1A")], right=1)
    shown = capsys.readouterr().out
    for part in ("Of [/] \\x1b[2K", "[red]a", "[red]USD[/red]", "[/]", "x\\x1b[1A"):
        assert part in shown
    assert "\x1b" not in shown


def test_an_error_shows_it() -> None:
    data = "0x08c379a0" + f"{32:064x}{5:064x}" + b"\x1b[2KX".hex() + "00" * 27
    found = refusal(Web3RPCError("reverted", rpc_response=cast(Any, {"error": {"data": data}})))
    assert found.reason == "Error"
    assert "message \\x1b[2KX" in str(found)
    assert "\\x1b[2K" in str(refusal(ValueError("\x1b[2K")))
