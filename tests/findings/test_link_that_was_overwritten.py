"""`give` with the name of a link that was there already wrote over it: with the file the first gift's key was
gone. And the picture of a link, which is as good as the link, could be read by everybody on the machine.
Printed cards, whose links their printer is told to delete, were written over by others of their name too."""

from __future__ import annotations

from pathlib import Path

import pytest

from largesse.arguments import ArgumentError
from largesse.files import replace_file
from scripts import give, print_cards
from tests.fixtures.desk import KR, Desk

GIFT = (f"series={KR}", "amount=1000", "name=anna")


def test_a_name_that_is_taken_gives_nothing(desk: Desk, state_folder: Path) -> None:
    desk.issue("giver", "50000")
    path = state_folder / "out" / "gifts" / "anna.txt"
    give.main(*GIFT)
    link, block = path.read_text(), desk.block()
    with pytest.raises(ArgumentError) as error:
        give.main(*GIFT)
    assert error.value.reason == "name_taken"
    assert (path.read_text(), desk.block()) == (link, block)
    for one in path.parent.glob("anna.*"):
        assert one.stat().st_mode & 0o777 == 0o600, one.name
        one.unlink()


def test_what_lies_in_the_way_does_not_open_a_secret_to_others(tmp_path: Path) -> None:
    """Its first form on disk is the owner's alone too, whoever made that file before."""
    aside = tmp_path / "secret.tmp"
    aside.write_text("left by a killed run")
    aside.chmod(0o666)
    replace_file(tmp_path / "secret", b"hush")
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_cards_are_not_written_over_by_others(desk: Desk, state_folder: Path) -> None:
    desk.issue("giver", "50000")
    folder = state_folder / "out"
    for name in ("first", "second"):
        give.many(f"series={KR}", "amount=1000", "count=2", f"name={name}")
    path = print_cards.main(f"links={folder}/gifts/first.txt", "name=fair")
    assert path is not None
    sheets = path.read_bytes()
    print_cards.main(f"links={folder}/gifts/first.txt", "name=fair")
    with pytest.raises(ArgumentError) as error:
        print_cards.main(f"links={folder}/gifts/second.txt", "name=fair")
    assert (error.value.reason, path.read_bytes()) == ("name_taken", sheets)
