"""What commands say of what is wrong: the argument, the rule and the figures, as a person knows them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from largesse.chain import ROLES
from largesse.errors import LargesseError
from largesse.files import CHECKOUT
from largesse.moments import day, minute
from scripts import claim, convert, create_series, give, issue, issuer, items, market, report, sell, transfer
from tests.fixtures.desk import KR, US, Desk

SERIES = f"series={KR}"


def said(command: Callable[..., Any], *given: str) -> str:
    with pytest.raises(LargesseError) as error:
        command(*given)
    return str(error.value)


def test_a_part_of_a_certificate(desk: Desk) -> None:
    assert said(issue.one, f"series={US}", "to=holder", "amount=26") == (
        f"amount=…: 26 USDC is no multiple of 25 USDC, the face of {US}"
    )


@pytest.mark.parametrize(
    ("given", "words"),
    (
        (("deliver=2020-01-01",), "deliver=2020-01-01 00:00 is over"),
        (
            ("deliver=2029-06-01", "reclaim=2029-05-01"),
            "reclaim=2029-05-01 00:00 is not after 2029-06-01 00:00, when it is delivered",
        ),
        (
            ("deliver=2099-01-01",),
            "deliver=2099-01-01 00:00 is not before {expires}, when the series expires",
        ),
        (("reclaim=2099-01-01",), "reclaim=2099-01-01 00:00 is not before {limited}, the series' limitation"),
        (("deliver=2031-13-01",), "deliver='2031-13-01' is no date like 2027-12-24 or 2027-12-24T18:00"),
        (("amount=0",), "amount=0: an amount of zero is not allowed here"),
    ),
)
def test_a_gifts_dates_and_amount(desk: Desk, given: tuple[str, ...], words: str) -> None:
    desk.issue("giver", "50000")
    terms = desk.krw.terms(1)
    values = {"series": KR, "amount": "1000"} | dict(one.split("=") for one in given)
    told = said(give.main, *(f"{name}={value}" for name, value in values.items()))
    assert told == words.format(expires=minute(terms.expires_at), limited=minute(terms.limitation_at))


def test_who_is_nobody_is_told_who_there_is(desk: Desk) -> None:
    told = said(transfer.main, SERIES, "to=nobody", "amount=1")
    assert told.endswith(f"; on a development chain a role will do: {', '.join(ROLES)}")
    listed = (CHECKOUT / "docs" / "COMMANDS.md").read_text(encoding="utf-8").partition("called by role\n(")[2]
    assert tuple(re.findall(r"`(\w+)`", listed.partition(")")[0])) == ROLES


def test_more_than_somebody_has(desk: Desk) -> None:
    desk.issue("giver", "50000")
    assert said(transfer.main, SERIES, "to=holder", "amount=50001", "from=giver") == (
        f"amount=…: giver has 50,000 KRWT of {KR}, no more"
    )


def test_a_link_is_claimed_once_and_names_its_series(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.issue("giver", "50000")
    one = give.main(SERIES, "amount=1000")
    many = give.many(SERIES, "amount=1000", "count=2", "name=words")
    assert one is not None
    assert many is not None
    for link in (one.link, many[1]):
        capsys.readouterr()
        claim.main(f"link={link.url()}", "to=recipient")
        assert f"1,000 KRWT of {KR} to {desk.address('recipient')}" in capsys.readouterr().out
        told = said(claim.main, f"link={link.url()}", "to=recipient")
        assert told == "there is no such gift: it was claimed or taken back"


def test_an_offer_above_face_and_a_price_that_nobody_asks(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.issue("giver", "50000")
    market.offer(SERIES, "amount=10000", "price=10001", "from=giver")
    assert "note: 10,001 KRWT is more than the face, 10,000 KRWT" in capsys.readouterr().out
    most = said(market.fill, SERIES, "amount=5000", "most=100", "from=holder")
    assert most.startswith("most=…: no offer costs as little: `brownie run market depth_of`")


def test_what_is_not_made_yet_names_the_command_that_makes_it(desk: Desk) -> None:
    create_series.main(f"manifest={CHECKOUT / 'examples/manifests/open.toml'}")
    router = said(convert.quote, "series=us-open-25", "amount=20", "token=KRWT")
    assert router.startswith("router=… is not given, and none was made here")
    assert "`brownie run convert open_pool`" in router
    assert "`brownie run items make`" in said(items.list, "currency=USDC", "item=7", "price=1", "stock=1")


def test_who_may_issue_how_much(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    operator = desk.address("operator")
    for daily, much in (
        ("1000000", "1,000,000 KRWT"), ("unlimited", "as much as it likes"), ("0", "nothing"),
    ):  # fmt: skip
        issuer.operator(SERIES, "account=operator", f"daily={daily}")
        assert f"{operator} may issue {much} of {KR} a day" in capsys.readouterr().out


def test_what_ends_the_receipts_can_be_typed_as_it_stands(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    sell.main(SERIES)
    sell.stop(SERIES)
    (line,) = re.findall(r"`brownie run issuer operator ([^`]+)`", capsys.readouterr().out)
    assert issuer.operator(*line.split()) == 0


def test_a_part_of_the_report_leaves_the_whole_one(desk: Desk, state_folder: Path) -> None:
    report.main()
    folder = state_folder / "out" / "report"
    whole = {path.name: path.read_bytes() for path in folder.iterdir()}
    today = day(desk.session.node.now())
    report.main("issuer=issuer", f"from={today}")
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == whole
    assert {path.name for path in (folder / f"issuer-{today}").iterdir()} == set(whole)
