from __future__ import annotations

from pathlib import Path

import pytest

from largesse.errors import LargesseError, RecipientsError
from largesse.recipients import COLUMNS, RecipientList, load_recipients, parse_recipients
from tests.python.helpers import HOLDER, ISSUER, MERCHANT, refused

EXAMPLE = Path(__file__).parents[2] / "examples" / "recipients-1000.csv"
HEADER = ",".join(COLUMNS)


def rows(*lines: str, header: str = HEADER) -> bytes:
    return "\n".join((header, *lines, "")).encode("utf-8")


def row(
    name: str = "Ada",
    address: str = HOLDER,
    amount: str = "50000",
    message: str = "Hi",
    external_id: str = "a-1",
) -> str:
    return f"{name},{address},{amount},{message},{external_id}"


def read(raw: bytes, denomination: int = 50_000) -> RecipientList:
    return parse_recipients(raw, decimals=0, denomination=denomination)


def problems(raw: bytes, denomination: int = 50_000) -> list[tuple[int, str, str]]:
    with pytest.raises(RecipientsError) as caught:
        read(raw, denomination)
    assert caught.value.reason == "bad_recipients"
    return [(problem.line, problem.section, problem.reason) for problem in caught.value.problems]


def test_a_good_file() -> None:
    found = read(rows(row(), row("김민준", MERCHANT, "100000", "생일 축하해요!", "a-2")))
    assert [
        (one.line, one.name, one.address, one.amount, one.message, one.external_id)
        for one in found.recipients
    ] == [
        (2, "Ada", HOLDER, 50_000, "Hi", "a-1"),
        (3, "김민준", MERCHANT, 100_000, "생일 축하해요!", "a-2"),
    ]
    assert found.total == 150_000
    assert found.notes == ()


def test_spelling_of_the_file_does_not_matter() -> None:
    plain = read(rows(row(), row(external_id="a-2", address=MERCHANT)))
    bom = read(
        b"\xef\xbb\xbf" + rows(row(), row(external_id="a-2", address=MERCHANT)).replace(b"\n", b"\r\n")
    )
    moved = read(
        rows(
            f'a-1,"Hi",50000,"{HOLDER}","Ada"',
            ",,,,",
            "",
            f"a-2,Hi,50000,{MERCHANT},Ada",
            header="external_id,message,amount,address,name",
        )
    )
    assert plain.digest == bom.digest == moved.digest
    assert [one.line for one in moved.recipients] == [2, 5]


def test_line_breaks_and_commas_in_quoted_messages() -> None:
    found = read(rows(row(message='"Dear Ada,\r\nall the best"'), row(external_id="a-2", address=MERCHANT)))
    assert [(one.line, one.message) for one in found.recipients] == [
        (2, "Dear Ada,\nall the best"),
        (4, "Hi"),
    ]


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        (row(name=""), "name", "empty"),
        (row(name="  "), "name", "empty"),
        (row(name="x" * 101), "name", "too_long"),
        (row(name="A\tB"), "name", "control_character"),
        (row(name='"A\nB"'), "name", "control_character"),
        (row(name="A\x00B"), "name", "control_character"),
        (row(name="Ada\u202egnp"), "name", "control_character"),
        (row(name="Ada\ufeff"), "name", "control_character"),
        (row(message="\x1b[31m"), "message", "control_character"),
        (row(message="\u2066x"), "message", "control_character"),
        (row(message="x" * 281), "message", "too_long"),
        (row(message="한" * 187), "message", "too_long"),
        (row(address=""), "address", "bad_address"),
        (row(address=HOLDER.lower()), "address", "unchecksummed_address"),
        (row(address=HOLDER[:-1] + "7"), "address", "bad_checksum"),
        (row(address="0x" + "0" * 40), "address", "zero_address"),
        (row(amount=""), "amount", "bad_amount"),
        (row(amount="0"), "amount", "zero_amount"),
        (row(amount="-50000"), "amount", "negative_amount"),
        (row(amount="50000.0"), "amount", "too_many_decimals"),
        (row(amount="5e4"), "amount", "bad_amount"),
        (row(amount="50001"), "amount", "not_a_multiple"),
        (row(amount="49999"), "amount", "not_a_multiple"),
        (row(external_id=""), "external_id", "bad_external_id"),
        (row(external_id="=1+1"), "external_id", "bad_external_id"),
        (row(external_id="x" * 65), "external_id", "bad_external_id"),
        (row(external_id="а-1"), "external_id", "bad_external_id"),  # a Cyrillic а
        (row() + ",extra", "row", "wrong_columns"),
        ("Ada,x", "row", "wrong_columns"),
        ('"Ada"x,' + row(), "row", "bad_csv"),
        ('"Ada', "row", "bad_csv"),
    ],
)
def test_one_bad_row(line: str, column: str, reason: str) -> None:
    good = row(external_id="good", address=MERCHANT)
    assert problems(rows(good, line)) == [(3, column, reason)]


@pytest.mark.parametrize(
    "line",
    [
        row(name="x" * 100),
        row(message="x" * 280),
        row(message="한" * 186),
        row(message=""),
        row(external_id="x" * 64),
        row(name="👩\u200d👩\u200d👧\u200d👦"),
        row(name="\u200fأحمد"),
        row(amount="100000"),
    ],
)
def test_the_limits_themselves_are_fine(line: str) -> None:
    assert len(read(rows(line)).recipients) == 1


def test_without_denomination_any_amount_is_fine() -> None:
    assert read(rows(row(amount="1")), denomination=0).total == 1


def test_everything_wrong_is_listed_at_once() -> None:
    found = problems(
        rows(
            row(),
            row(amount="x", address="y"),
            row(external_id="a-1", address=MERCHANT),
            "too,few",
            row(name="", external_id="a-4", address=ISSUER),
        )
    )
    assert found == [
        (3, "address", "bad_address"),
        (3, "amount", "bad_amount"),
        (3, "external_id", "duplicate_external_id"),
        (4, "external_id", "duplicate_external_id"),
        (5, "row", "wrong_columns"),
        (6, "name", "empty"),
    ]


def test_the_message_names_value_row_and_rule() -> None:
    with refused(
        RecipientsError,
        "bad_recipients",
        "gifts.csv: 1 problem",
        "line 3, external_id: a-1 is also on line 2",
    ):
        parse_recipients(rows(row(), row(address=MERCHANT)), decimals=0, subject="gifts.csv")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", (1, "header", "bad_header")),
        (rows(header="name,address,amount,message"), (1, "header", "bad_header")),
        (rows(header=HEADER + ",name"), (1, "header", "bad_header")),
        (rows(row(), header="Name,address,amount,message,external_id"), (1, "header", "bad_header")),
        (rows(), (0, "file", "no_rows")),
        (rows(row()) + b"Ren\xe9," + row().encode(), (3, "file", "not_utf8")),
        (rows(row()).decode().encode("utf-16"), (1, "file", "not_utf8")),
    ],
)
def test_a_file_that_cannot_be_read(raw: bytes, expected: tuple[int, str, str]) -> None:
    assert problems(raw) == [expected]


def test_semicolons_are_recognised() -> None:
    with refused(RecipientsError, "bad_recipients", "separated by commas"):
        read(rows(row().replace(",", ";"), header=HEADER.replace(",", ";")))


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_formulas_are_noted_not_refused(start: str) -> None:
    found = read(
        rows(row(name=start + "cmd"), row(message=start + "SUM(A1)", external_id="a-2", address=MERCHANT))
    )
    assert [(note.line, note.section, note.reason) for note in found.notes] == [
        (2, "name", "formula_injection"),
        (3, "message", "formula_injection"),
    ]


def test_a_repeated_address_is_noted() -> None:
    found = read(rows(row(), row(external_id="a-2")))
    assert [(note.line, note.reason) for note in found.notes] == [(3, "repeated_address")]
    assert "also on line 2" in found.notes[0].message


def test_batches_are_stable_and_complete() -> None:
    found = read(rows(*(row(external_id=f"a-{number}") for number in range(7))))
    batches = found.batches(3)
    assert [(batch.index, len(batch.recipients), batch.total) for batch in batches] == [
        (0, 3, 150_000),
        (1, 3, 150_000),
        (2, 1, 50_000),
    ]
    assert sum((batch.recipients for batch in batches), ()) == found.recipients
    assert [batch.digest for batch in found.batches(3)] == [batch.digest for batch in batches]
    assert len({batch.digest for batch in batches}) == 3
    assert found.batches(7)[0].digest == found.batches(100)[0].digest == found.digest
    with refused(LargesseError, "bad_batch_size", 0):
        found.batches(0)


@pytest.mark.parametrize(
    "other",
    [
        row(name="Adb"),
        row(address=MERCHANT),
        row(amount="100000"),
        row(message="Ho"),
        row(external_id="a-2"),
    ],
)
def test_the_digest_follows_every_column(other: str) -> None:
    assert read(rows(row())).digest != read(rows(other)).digest


def test_the_digest_cannot_be_confused_by_moving_text_between_columns() -> None:
    assert read(rows(row(name="A", message="BC"))).digest != read(rows(row(name="AB", message="C"))).digest


def test_the_thousand_recipients() -> None:
    found = load_recipients(EXAMPLE, decimals=0, denomination=50_000)
    assert len(found.recipients) == 1_000
    assert found.notes == ()
    assert len({one.address for one in found.recipients}) == 1_000
    assert found.total == sum(one.amount for one in found.recipients)
    assert [len(batch.recipients) for batch in found.batches(300)] == [300, 300, 300, 100]
