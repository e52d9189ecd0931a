"""`give` and `claim`: a link that a scanner reads back, claimed for somebody who owns nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from brownie import web3

from largesse.arguments import ArgumentError
from largesse.chain import ChainError, Node, RefusedError, Wallet
from largesse.clients.certificates import Given
from largesse.errors import AddressError, AmountError, LinkError, QrError
from largesse.gifts.links import new_link_key, parse_link
from largesse.moments import moment
from largesse.scanning import read_qr
from scripts import claim, give
from tests.fixtures.desk import KR, Desk


@pytest.fixture
def face(desk: Desk) -> Desk:
    desk.issue("giver", "100000")
    return desk


def given(*more: str) -> Given:
    values = dict(one.split("=", 1) for one in (f"series={KR}", "amount=50000", *more))
    gift = give.main(*(f"{name}={value}" for name, value in values.items()))
    assert gift is not None
    return gift


def newcomer() -> Wallet:
    return Wallet.from_key("newcomer", new_link_key())


def test_a_link_read_off_its_picture_is_claimed_for_somebody_with_nothing(
    face: Desk, state_folder: Path
) -> None:
    gift = given("message=생일 축하해요!")
    picture = state_folder / "out" / "gifts" / f"{gift.gift_id.hex()[:16]}.png"
    assert read_qr(picture) == gift.link.url()
    assert face.krw.account(1, face.address("giver")).balance == 50_000
    assert face.krw.is_gift_open(gift.gift_id)
    person = newcomer()
    claimed = claim.main(f"link={picture}", f"to={person.address}")
    assert claimed is not None
    assert claimed.message() == "생일 축하해요!"
    assert face.krw.account(1, person.address).balance == 50_000
    assert not face.krw.is_gift_open(gift.gift_id)
    assert face.krw.state(1).outstanding == 100_000
    assert web3.eth.get_balance(person.address) == 0
    assert web3.eth.get_transaction_count(person.address) == 0


def test_a_link_is_claimed_once(face: Desk) -> None:
    gift = given()
    claim.main(f"link={gift.link.url()}", "to=recipient")
    with pytest.raises(RefusedError) as error:
        claim.main(f"link={gift.link.url()}", "to=stranger")
    assert (error.value.reason, error.value.values) == ("GiftCertificates_NoSuchGift", (gift.gift_id,))


def test_the_file_beside_the_picture_holds_the_link(face: Desk, state_folder: Path) -> None:
    gift = given()
    path = state_folder / "out" / "gifts" / f"{gift.gift_id.hex()[:16]}.txt"
    assert parse_link(path.read_text().strip()) == gift.link
    assert claim.main(f"link={path}", "to=recipient") == gift.link


def test_a_named_gift_goes_to_nobody_else(face: Desk) -> None:
    gift = given("to=recipient")
    with pytest.raises(RefusedError) as error:
        claim.main(f"link={gift.link.url()}", "to=stranger")
    assert error.value.reason == "GiftCertificates_WrongRecipient"
    assert [one.lower() for one in error.value.values] == [
        face.address("stranger").lower(),
        face.address("recipient").lower(),
    ]
    claim.main(f"link={gift.link.url()}", "to=recipient")
    assert face.krw.account(1, face.address("recipient")).balance == 50_000


@pytest.mark.parametrize("seconds", (-1, 0, 1))
def test_it_is_delivered_from_its_date_on(face: Desk, seconds: int) -> None:
    gift = given("deliver=2029-12-24T18:00", "reclaim=2030-01-31")
    delivery = moment("2029-12-24T18:00")
    assert (gift.link.gift.deliver_at, gift.link.gift.reclaim_at) == (delivery, moment("2030-01-31"))
    face.session.node.jump_to(delivery + seconds)
    if seconds < 0:
        with pytest.raises(RefusedError) as error:
            claim.main(f"link={gift.link.url()}", "to=recipient")
        assert error.value.reason == "GiftCertificates_NotYetDelivered"
        assert error.value.values[0] == delivery
        return
    claim.main(f"link={gift.link.url()}", "to=recipient")
    assert face.krw.account(1, face.address("recipient")).balance == 50_000


def test_a_giver_without_face_is_told_both_amounts(face: Desk) -> None:
    with pytest.raises(RefusedError) as error:
        give.main(f"series={KR}", "amount=100001")
    assert (error.value.reason, error.value.values) == (
        "GiftCertificates_InsufficientBalance",
        (100_000, 100_001),
    )


@pytest.mark.parametrize(
    ("changes", "kind", "reason"),
    (
        (("amount=0",), AmountError, "zero_amount"),
        (("amount=abc",), AmountError, "bad_amount"),
        (("to=somebody",), AddressError, "bad_address"),
        (("deliver=tomorrow",), ArgumentError, "bad_moment"),
        (("deliver=2029-12-24T18:00+09:00",), ArgumentError, "bad_moment"),
        (("page=http://example.org/",), LinkError, "bad_base_url"),
        (("page=https://example.org/" + "x" * 2_000,), QrError, "too_long"),
        (("from=somebody",), ChainError, "unknown_role"),
        (("message=" + "x" * 561,), LinkError, "message_too_long"),
    ),
)
def test_bad_input_gives_nothing(
    face: Desk, changes: tuple[str, ...], kind: type[Exception], reason: str
) -> None:
    block = face.block()
    with pytest.raises(kind) as error:
        given(*changes)
    assert error.value.reason == reason  # type: ignore[attr-defined]
    assert face.block() == block
    assert face.krw.account(1, face.address("giver")).balance == 100_000


def test_the_key_is_on_disk_before_the_gift_is_sent(
    face: Desk, state_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = state_folder / "out" / "gifts"
    kept: list[str] = []

    def cut(self: Node, raw: bytes) -> None:
        # The power goes in the moment of sending.
        kept.extend(path.read_text().strip() for path in folder.glob("*.draft"))
        raise KeyboardInterrupt

    monkeypatch.setattr(Node, "broadcast", cut)
    with pytest.raises(KeyboardInterrupt):
        give.main(f"series={KR}", "amount=50000")
    assert len(kept) == 1
    assert (folder / f"{parse_link(kept[0]).gift.key}.draft").is_file()


def test_no_key_is_left_lying_about_afterwards(face: Desk, state_folder: Path) -> None:
    folder = state_folder / "out" / "gifts"
    before = set(folder.glob("*.draft"))
    given()
    with pytest.raises(RefusedError):
        given("amount=100001")
    assert set(folder.glob("*.draft")) == before


def test_an_altered_link_is_seen_as_such(face: Desk) -> None:
    url = given().link.url()
    altered = url[:-8] + ("A" if url[-8] != "A" else "B") + url[-7:]
    block = face.block()
    with pytest.raises(LinkError) as error:
        claim.main(f"link={altered}", "to=recipient")
    assert error.value.reason == "link_tampered"
    assert face.block() == block


def test_a_link_of_another_contract_is_not_sent(face: Desk) -> None:
    gift = given()
    link = gift.link
    # The same gift in a link that names an address where nothing of ours is.
    other = type(link)(
        link.base_url, link.chain_id, face.address("stranger"), link.private_key, link.gift, b""
    )
    with pytest.raises(ArgumentError) as error:
        claim.main(f"link={other.url()}", "to=recipient")
    assert error.value.reason == "wrong_place"
