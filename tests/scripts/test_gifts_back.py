"""`give recall` of one of many, `give reclaim` of all that is left of them, `refund convert`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from largesse.arguments import ArgumentError
from largesse.chain import RefusedError
from largesse.errors import LinkError
from largesse.files import CHECKOUT
from largesse.gifts.links import GiftLink
from largesse.moments import moment
from largesse.session import SessionError
from scripts import claim, create_series, give, refund
from tests.fixtures.desk import KR, US, Desk

NEXT = "kr-next-50000"
DELIVERY, RECLAIM = "2029-06-01", "2029-09-01"


@pytest.fixture
def fair(desk: Desk) -> tuple[Desk, list[GiftLink], Path]:
    """Ten links of 1,000, delivered on a day, taken back from another on; the file that they are in."""
    desk.issue("giver", "50000")
    path = desk.session.out("gifts") / "fair.txt"
    path.unlink(missing_ok=True)
    links = give.many(
        f"series={KR}", "amount=1000", "count=10", "name=fair", f"deliver={DELIVERY}", f"reclaim={RECLAIM}"
    )
    assert links is not None
    return desk, links, path


def face(desk: Desk, role: str = "giver", series_id: int = 1) -> int:
    return desk.krw.account(series_id, desk.address(role)).balance


Fair = tuple[Desk, list[GiftLink], Path]


def test_one_of_many_is_taken_back_before_its_delivery(fair: Fair) -> None:
    desk, links, path = fair
    assert give.recall(f"link={path}:7") == 1_000
    assert face(desk) == 41_000
    block = desk.block()
    with pytest.raises(RefusedError) as again:
        give.recall(f"link={links[6].url()}")
    assert again.value.reason == "GiftCertificates_AlreadyClaimed"
    with pytest.raises(RefusedError) as stranger:
        give.recall(f"link={path}:6", "from=stranger")
    assert stranger.value.reason == "GiftCertificates_NotYourCard"
    assert desk.block() == block
    desk.session.node.jump_to(moment(DELIVERY))
    with pytest.raises(RefusedError) as delivered:
        give.recall(f"link={path}:6")
    assert (delivered.value.reason, delivered.value.values[:2]) == (
        "GiftCertificates_NotRecallable",
        (moment(DELIVERY), moment(RECLAIM)),
    )
    with pytest.raises(RefusedError):
        claim.main(f"link={links[6].url()}", "to=recipient")
    claim.main(f"link={links[5].url()}", "to=recipient")
    assert (face(desk, "recipient"), face(desk)) == (1_000, 41_000)


def test_what_nobody_claimed_is_taken_back_once(fair: Fair) -> None:
    desk, links, path = fair
    node = desk.session.node
    node.jump_to(moment(DELIVERY))
    claim.main(f"link={links[0].url()}", "to=recipient")
    node.jump_to(moment(RECLAIM) - 60)
    block = desk.block()
    with pytest.raises(RefusedError) as early:
        give.reclaim(f"links={path}")
    assert (early.value.reason, early.value.values[1]) == ("GiftCertificates_NotRecallable", moment(RECLAIM))
    node.jump_to(moment(RECLAIM))
    block = desk.block()
    with pytest.raises(RefusedError) as stranger:
        give.reclaim(f"links={path}", "from=stranger")
    assert stranger.value.reason == "GiftCertificates_NotYourCard"
    assert desk.block() == block
    assert give.reclaim(f"links={path}") == 9_000
    assert face(desk) == 49_000
    block = desk.block()
    assert give.reclaim(f"links={path}") == 0
    assert desk.block() == block
    with pytest.raises(RefusedError):
        claim.main(f"link={links[1].url()}", "to=recipient")


def test_one_of_many_links_is_claimed_by_its_line(fair: Fair) -> None:
    desk, links, path = fair
    desk.session.node.jump_to(moment(DELIVERY))
    with pytest.raises(ArgumentError) as which:
        claim.main(f"link={path}", "to=recipient")
    assert str(which.value) == f"{path} holds 10 links: say which, link={path}:1 to :10"
    with pytest.raises(ArgumentError) as beyond:
        claim.main(f"link={path}:11", "to=recipient")
    assert beyond.value.reason == "no_such_link"
    assert claim.main(f"link={path}:3", "to=recipient") == links[2]


def test_which_link_is_said_and_found(fair: Fair, tmp_path: Path) -> None:
    desk, _, path = fair
    empty, single = tmp_path / "empty.txt", tmp_path / "one.txt"
    empty.write_text("")
    given = give.main(f"series={KR}", "amount=1000", "name=alone", f"deliver={DELIVERY}")
    assert given is not None
    single.write_text(given.link.url() + "\n")
    block = desk.block()
    calls: tuple[tuple[Callable[[], object], type[Exception], str], ...] = (
        (lambda: give.recall(f"link={path}"), ArgumentError, "which_link"),
        (lambda: give.recall(f"link={path}:0"), ArgumentError, "no_such_link"),
        (lambda: give.recall(f"link={path}:11"), ArgumentError, "no_such_link"),
        (lambda: give.recall(f"link={tmp_path / 'gone.txt'}"), ArgumentError, "no_such_link"),
        (lambda: give.recall(f"link={empty}"), ArgumentError, "no_such_link"),
        (lambda: give.recall("link=https://largesse.example/claim#x"), LinkError, "link_truncated"),
        (lambda: give.reclaim(f"links={empty}"), ArgumentError, "no_such_link"),
        (lambda: give.reclaim(f"links={single}"), ArgumentError, "single_gift"),
        (lambda: give.reclaim(f"links={tmp_path / 'gone.txt'}"), ArgumentError, "no_such_file"),
    )
    for call, kind, reason in calls:
        with pytest.raises(kind) as error:
            call()
        assert error.value.reason == reason  # type: ignore[attr-defined]
        assert desk.block() == block, reason
    assert give.recall(f"link={single}") == 1_000


# ---------------------------------------------------------------------------------------------------- convert


@pytest.fixture
def expired(desk: Desk, tmp_path: Path) -> Desk:
    """50,000 of a card that has expired, and a series of the same issuer, under the same law, on sale."""
    desk.issue("holder", "50000")
    text = (CHECKOUT / "examples/manifests/spring.toml").read_text(encoding="utf-8")
    text = text.split("[[series.promotion]]")[0].replace("kr-spring-50000", NEXT)
    path = tmp_path / "next.toml"
    path.write_text(text.replace("2029-12-31", "2034-12-31"), encoding="utf-8")
    create_series.main(f"manifest={path}")
    desk.session.node.jump_to(desk.krw.terms(1).expires_at)
    return desk


def test_an_expired_card_becomes_one_that_lives(expired: Desk) -> None:
    assert refund.convert(f"series={KR}", f"into={NEXT}", "amount=20000") == 20_000
    assert (face(expired, "holder"), face(expired, "holder", 2)) == (30_000, 20_000)
    assert refund.convert(f"series={KR}", f"into={NEXT}") == 30_000
    assert (face(expired, "holder"), face(expired, "holder", 2)) == (0, 50_000)
    block = expired.block()
    with pytest.raises(ArgumentError) as again:
        refund.convert(f"series={KR}", f"into={NEXT}")
    assert again.value.reason == "not_enough"
    assert expired.block() == block


def test_what_is_not_converted(expired: Desk) -> None:
    block = expired.block()
    with pytest.raises(ArgumentError) as stranger:
        refund.convert(f"series={KR}", f"into={NEXT}", "from=stranger")
    assert str(stranger.value) == f"stranger has 0 KRWT of {KR}, not 0 KRWT"
    for given, kind, reason in (
        ((f"into={NEXT}", "amount=50001"), ArgumentError, "not_enough"),
        ((f"into={US}",), ArgumentError, "other_currency"),
        ((f"into={KR}",), RefusedError, "GiftCertificates_NotConvertible"),
    ):
        with pytest.raises(kind) as error:
            refund.convert(f"series={KR}", *given)
        assert error.value.reason == reason
    assert expired.block() == block


def test_a_card_that_lives_is_not_converted(desk: Desk) -> None:
    desk.issue("holder", "50000")
    block = desk.block()
    with pytest.raises(RefusedError) as error:
        refund.convert(f"series={KR}", f"into={KR}")
    assert error.value.reason == "GiftCertificates_NotExpired"
    assert desk.block() == block


def test_on_a_live_chain_it_waits_for_the_typed_word(expired: Desk, live: Callable[..., list[str]]) -> None:
    asked, block = live("no", me=expired.wallet("holder")), expired.block()
    with pytest.raises(SessionError) as error:
        refund.convert(f"series={KR}", f"into={NEXT}", "from=me")
    assert error.value.reason == "not_confirmed"
    assert "Type “convert” to go on" in asked[0]
    assert expired.block() == block
