from __future__ import annotations

import time
import tomllib
from typing import Any

import pytest

from largesse.errors import Problem
from largesse.toml_reader import MOST_BYTES, Section, locate

TEXT = '''# a comment = "not a key"
top = 1
"quoted key" = 2
dotted.name = 3

[table]
multi = """
fake = 1
[fake]
"""
after = [
  1, # one
  2,
]
inline = { a = 1, b = 2 }

[table.sub]
key = 'x # not a comment'

[[array]]
one = 1
[array.child]
two = 2
[[array.nested]]
three = 3
[[array.nested]]
three = 4

[[array]]
one = 5
[array.child]
two = 6
'''


def test_locate_finds_every_key_and_header() -> None:
    tomllib.loads(TEXT)
    assert locate(TEXT) == {
        ("top",): 2,
        ("quoted key",): 3,
        ("dotted",): 4,
        ("dotted", "name"): 4,
        ("table",): 6,
        ("table", "multi"): 7,
        ("table", "after"): 11,
        ("table", "inline"): 15,
        ("table", "sub"): 17,
        ("table", "sub", "key"): 18,
        ("array", 0): 20,
        ("array", 0, "one"): 21,
        ("array", 0, "child"): 22,
        ("array", 0, "child", "two"): 23,
        ("array", 0, "nested", 0): 24,
        ("array", 0, "nested", 0, "three"): 25,
        ("array", 0, "nested", 1): 26,
        ("array", 0, "nested", 1, "three"): 27,
        ("array", 1): 29,
        ("array", 1, "one"): 30,
        ("array", 1, "child"): 31,
        ("array", 1, "child", "two"): 32,
    }


def test_locate_counts_lines_of_windows_files() -> None:
    assert locate("a = 1\r\n\r\n[b]\r\nc = [\r\n1]\r\nd = 2\r\n") == {
        ("a",): 1,
        ("b",): 3,
        ("b", "c"): 4,
        ("b", "d"): 6,
    }


def read(text: str) -> tuple[Section, list[Problem]]:
    problems: list[Problem] = []
    root = Section.parse(text, problems)
    assert root is not None
    return root, problems


def reasons(problems: list[Problem]) -> list[tuple[int, str]]:
    return [(problem.line, problem.reason) for problem in problems]


def test_syntax_errors_have_their_line() -> None:
    problems: list[Problem] = []
    assert Section.parse("a = 1\nb = = 2\n", problems) is None
    assert reasons(problems) == [(2, "bad_toml")]


def test_types_are_exact() -> None:
    root, problems = read("n = true\nf = 1.0\nd = 2027-01-01T00:00:00\nt = 3\nb = 1\n")
    values: list[Any] = [root.whole("n", 0, 9), root.whole("f", 0, 9), root.day("d"), root.text("t", most=9)]
    values.append(root.flag("b"))
    assert values == [None] * 5
    assert reasons(problems) == [(line, "wrong_type") for line in (1, 2, 3, 4, 5)]


def test_whole_numbers_have_bounds() -> None:
    root, problems = read("a = 0\nb = 1\nc = 5\nd = 6\n")
    assert [root.whole(key, 1, 5) for key in "abcd"] == [None, 1, 5, None]
    assert reasons(problems) == [(1, "out_of_range"), (4, "out_of_range")]


def test_texts_are_one_visible_line() -> None:
    root, problems = read('a = ""\nb = "12345"\nc = "x\\ny"\nd = " x"\ne = "1234"\nf = "x\\u2028y"\n')
    assert [root.text(key, most=4) for key in "abcdef"] == [None, None, None, None, "1234", None]
    assert reasons(problems) == [
        (1, "bad_length"),
        (2, "bad_length"),
        (3, "bad_text"),
        (4, "bad_text"),
        (6, "bad_text"),
    ]


def test_accounts_are_addresses_or_roles() -> None:
    address = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
    root, problems = read(
        f'a = "{address}"\nb = "book-shop_2"\nc = "{address.lower()}"\nd = "Shop"\ne = "0xshop"\n'
    )
    assert [root.account(key) for key in "abcde"] == [address, "book-shop_2", None, None, None]
    assert reasons(problems) == [(3, "unchecksummed_address"), (4, "bad_address"), (5, "bad_address")]


def test_missing_and_unknown_keys() -> None:
    root, problems = read("[table]\nwanted = 1\nmisspelt = 2\n")
    table = root.table("table", "table")
    assert table is not None
    assert [table.whole("wanted", 0, 9), table.whole("needed", 0, 9)] == [1, None]
    assert table.whole("optional", 0, 9, required=False) is None
    table.finish()
    root.finish()
    assert reasons(problems) == [(1, "missing_key"), (3, "unknown_key")]
    assert "known here: needed, optional, wanted" in problems[1].message


def test_arrays_of_tables_must_be_tables() -> None:
    root, problems = read("a = 1\nb = []\nc = [1]\n")
    assert [list(root.tables(key)) for key in "abc"] == [[], [], []]
    assert reasons(problems) == [(1, "wrong_type"), (2, "wrong_type"), (3, "wrong_type")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = " + "[" * 5_000 + "]" * 5_000, "bad_toml"),
        ("a = " + "9" * 5_000, "bad_toml"),
        ("a = " + '"' + "x" * MOST_BYTES + '"', "too_long"),
    ],
    ids=["deep", "number", "long"],
)
def test_what_is_made_to_break_the_reader_is_a_problem_of_the_file(text: str, reason: str) -> None:
    problems: list[Problem] = []
    assert Section.parse(text, problems) is None
    assert [one.reason for one in problems] == [reason]


def test_a_statement_of_very_many_lines_takes_no_time_to_speak_of() -> None:
    """Each line was a reason to read all lines before it again."""
    text = 'first = 1\nlong = """\n' + "x\n" * 20_000 + '"""\nlast = 1\n'
    began = time.process_time()
    assert locate(text) == {("first",): 1}
    assert time.process_time() - began < 2
