"""`key=value` arguments: everything wrong is told at once, nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest
from brownie.project.scripts import run

from largesse.arguments import HELP, ArgumentError, Arguments, Option, Usage, parse_arguments
from largesse.files import CHECKOUT
from largesse.moments import day, moment

USAGE = Usage(
    "pay",
    "main",
    "Pay somebody.",
    (
        Option("to", "who"),
        Option("amount", "how much"),
        Option("note", "a word", "thanks"),
        Option("at", "when", ""),
    ),
    "to=me amount=1",
)


@pytest.fixture(autouse=True)
def isolation() -> None:
    """No chain is needed here."""


def read(*given: str) -> Arguments:
    return parse_arguments(USAGE, given)


def test_values_and_defaults() -> None:
    given = read("amount=5", "to=a=b")
    assert (given.text("to"), given.text("amount"), given.text("note")) == ("a=b", "5", "thanks")
    assert (given.has("at"), given.has("note")) == (False, True)
    with pytest.raises(ArgumentError) as error:
        given.text("at")
    assert error.value.reason == "missing_argument"


@pytest.mark.parametrize(
    ("given", "reason", "part"),
    (
        ((), "missing_argument", "to=… is not given (who); amount=… is not given (how much)"),
        (("to=x",), "missing_argument", "amount=… is not given"),
        (("to=x", "amount="), "missing_argument", "amount= has no value"),
        (("to=x", "amount=1", "amount=2"), "repeated_argument", "amount=… is given twice"),
        (("to=x", "amount=1", "from=y"), "unknown_argument", "from=… is not known here"),
        (("to", "amount=1"), "not_an_argument", "'to' is not of the form name=value"),
        (("=5", "to=x", "amount=1"), "not_an_argument", "'=5'"),
    ),
)
def test_what_is_wrong(given: tuple[str, ...], reason: str, part: str) -> None:
    with pytest.raises(ArgumentError) as error:
        read(*given)
    assert error.value.reason == reason
    assert part in str(error.value)
    assert str(error.value).endswith("`brownie run pay main help` tells what it takes")


def test_other_names_only_where_they_are_open() -> None:
    usage = Usage("pay", "main", "", (Option("to", "who"),), open_names="<role>=<address>")
    given = parse_arguments(usage, ("to=x", "baker=0x1"))
    assert given.others == {"baker": "0x1"}
    with pytest.raises(ArgumentError) as error:
        parse_arguments(usage, ("to=x", "baker=0x1", "baker=0x2"))
    assert error.value.reason == "repeated_argument"


@pytest.mark.parametrize(
    ("text", "reason"),
    (
        ("-1", "bad_number"),
        ("1e3", "bad_number"),
        ("٣", "bad_number"),
        ("0", "out_of_range"),
        ("11", "out_of_range"),
    ),
)
def test_whole_numbers(text: str, reason: str) -> None:
    assert read("to=x", "amount=1").whole("amount", least=1, most=10) == 1
    assert read("to=x", "amount=10").whole("amount", least=1, most=10) == 10
    with pytest.raises(ArgumentError) as error:
        read("to=x", f"amount={text}").whole("amount", least=1, most=10)
    assert error.value.reason == reason


@pytest.mark.parametrize("text", ("../x", "a/b", "", ".hidden", "a b", "x" * 65))
def test_file_names_stay_in_their_folder(text: str) -> None:
    assert read("to=anna-1_b", "amount=1").file_name("to") == "anna-1_b"
    with pytest.raises(ArgumentError) as error:
        read("to=x", "amount=1", f"at={text}").file_name("at")
    assert error.value.reason == ("bad_name" if text else "missing_argument")


@pytest.mark.parametrize(
    ("text", "link", "reason"),
    (
        ("https://x.example/claim#abc:7", "https://x.example/claim#abc:7", ""),
        ("one", "https://x.example/#1", ""),
        ("one:1", "https://x.example/#1", ""),
        ("two:2", "https://x.example/#2", ""),
        ("two", "", "which_link"),
        ("two:3", "", "no_such_link"),
        ("two:0", "", "no_such_link"),
        ("two:٢", "", "no_such_link"),
        ("none", "", "no_such_link"),
        ("gone", "", "no_such_link"),
        ("gone:1", "", "no_such_link"),
        (":1", "", "no_such_link"),
    ),
)
def test_a_link_or_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, link: str, reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "none").write_text("\n")
    (tmp_path / "one").write_text("https://x.example/#1\n")
    (tmp_path / "two").write_text("https://x.example/#1\nhttps://x.example/#2\n")
    given = read("to=x", "amount=1", f"note={text}")
    if link:
        assert given.link("note") == link
        return
    with pytest.raises(ArgumentError) as error:
        given.link("note")
    assert error.value.reason == reason
    said = {"two": "two holds 2 links: say which, note=two:1 to :2", "none": "note=none: none holds no link"}
    assert text not in said or str(error.value) == said[text]


def test_help_shows_what_is_required_what_is_not_and_an_example() -> None:
    text = USAGE.text()
    assert "brownie run pay main to=… amount=… [note=…] [at=…]" in text
    assert "a word (default: thanks)" in text
    assert text.endswith("Example:  brownie run pay main to=me amount=1")


@pytest.mark.parametrize("word", HELP)
def test_help_ends_well_where_a_person_types_it(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As `brownie run` calls it: it once ended in KeyError '__brownie_frame' and exit code 1."""
    answer, frame = run(str(CHECKOUT / "scripts" / "owed.py"), "show", (word,), _include_frame=True)
    assert (answer, frame is not None) == (None, True)
    assert "brownie run owed show currency=… of=…" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "second"),
    (("1970-01-02", 86_400), ("1970-01-01T00:01", 60), ("2027-12-24T18:00:30", 1_829_671_230)),
)
def test_moments_are_utc(text: str, second: int) -> None:
    assert moment(text) == second
    assert text.startswith(day(second))


def test_the_date_that_means_never() -> None:
    assert day(2**40 - 1) == "never"
    assert day(2**40 - 2) == "after the year 9999"
    assert day(253_402_300_799) == "9999-12-31"
    assert day(253_402_300_800) == "after the year 9999"


@pytest.mark.parametrize("text", ("24.12.2027", "2027-13-01", "2027-12-24T18:00Z", "now"))
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ArgumentError) as error:
        moment(text)
    assert error.value.reason == "bad_moment"
