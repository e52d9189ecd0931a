"""Row physical_card: a PDF of 100 gift links; a reader that did not make them reads every code off the
rendered pages, and each claims.
"""

from __future__ import annotations

import itertools
import stat
from dataclasses import dataclass, replace
from pathlib import Path

import pypdfium2
import pytest

from largesse import gift_batches
from largesse.arguments import ArgumentError
from largesse.chain import Node, RefusedError, Wallet
from largesse.clients.certificates import Certificates
from largesse.gifts.commitments import Gift
from largesse.gifts.links import GiftLink, new_link_key, parse_link
from largesse.printed_cards import PER_PAGE, SAFE_DPI, serial_of
from largesse.printing.lettering import PrintError, lettering
from largesse.waiting import await_final
from scripts import give, print_cards, solvency
from tests.fixtures.desk import KR, Desk
from tests.support.pictures import qr_texts

CARDS = 100
EACH = 10_000


_sheets = itertools.count()


@dataclass(frozen=True)
class Fair:
    """A hundred links of 10,000, given in one transaction, and where they are written."""

    desk: Desk
    links: list[GiftLink]
    path: Path


@pytest.fixture(scope="module")
def fair(desk: Desk, state_folder: Path) -> Fair:
    desk.issue("giver", str(CARDS * EACH + 100_000))
    links = give.many(f"series={KR}", f"amount={EACH}", f"count={CARDS}", "name=fair")
    assert links is not None
    return Fair(desk, links, state_folder / "out" / "gifts" / "fair.txt")


def printed(links: Path, name: str = "") -> Path:
    """Under a name that no other cards have."""
    path = print_cards.main(f"links={links}", f"name={name or f'sheet{next(_sheets)}'}")
    assert path is not None
    return path


def codes_of(pdf: Path, dpi: int) -> list[list[str]]:
    """What a reader finds on each page, as it is rendered at a resolution."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [qr_texts(page.render(scale=dpi / 72).to_pil()) for page in document]
    finally:
        document.close()


def written(folder: Path, *links: GiftLink) -> Path:
    path = folder / "links.txt"
    path.write_text("\n".join(link.url() for link in links) + "\n")
    return path


def reserve_is_liabilities(certificates: Certificates) -> None:
    count = certificates.series_count()
    states = [certificates.state(number) for number in range(1, count + 1)]
    owed = sum(one.outstanding + one.fees_accrued for one in states)
    assert certificates.token.balance(certificates.address) == owed


def test_every_code_of_a_hundred_is_read_off_the_page_and_claims(fair: Fair) -> None:
    certificates = fair.desk.krw
    assert certificates.state(1).outstanding == CARDS * EACH + 100_000
    pages = codes_of(printed(fair.path), SAFE_DPI)
    assert [len(page) for page in pages] == [PER_PAGE] * 10
    read = [text for page in pages for text in page]
    assert len(set(read)) == CARDS
    assert set(read) == {link.url() for link in fair.links}
    relayer = fair.desk.wallet("relayer")
    for text in read:
        person = Wallet.from_key("newcomer", new_link_key()).address
        certificates.claim(parse_link(text), person, relayer)
        assert certificates.account(1, person).balance == EACH
    batch_id = fair.links[0].gift.batch_id()
    assert gift_batches.batch_remaining(certificates, batch_id) == 0
    assert certificates.state(1).outstanding == CARDS * EACH + 100_000
    reserve_is_liabilities(certificates)
    solvency.main()
    # And none of them again.
    with pytest.raises(RefusedError):
        certificates.claim(fair.links[0], fair.desk.address("stranger"), relayer)
    with pytest.raises(PrintError) as error:
        printed(fair.path)
    assert error.value.reason == "unprintable"
    assert str(error.value).count("[gone]") == CARDS


def test_the_file_is_its_owners_and_always_the_same(fair: Fair, tmp_path: Path, state_folder: Path) -> None:
    path = written(tmp_path, *fair.links[:3])
    first = printed(path, "once")
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert first.read_bytes() == printed(path, "again").read_bytes()
    assert {path.name for path in (state_folder / "out" / "cards").iterdir()} >= {"once.pdf", "again.pdf"}
    assert not list((state_folder / "out" / "cards").glob("*.tmp"))
    # Curves and no pixels; nothing of a link or of a clock stands in it as text.
    content = first.read_bytes()
    assert not [word for word in (b"/Image", b"/CreationDate", b"http") if word in content]


def test_single_links_are_printed_too(fair: Fair, tmp_path: Path) -> None:
    """`give` makes smaller codes: a claimable one, one in dollars beside the won."""
    fair.desk.issue("giver", "75", "us-ca-gift-25")
    won, dollars = (
        give.main(f"series={series}", f"amount={amount}", "message=축하해요")
        for series, amount in ((KR, "50000"), ("us-ca-gift-25", "25"))
    )
    assert won is not None
    assert dollars is not None
    path = written(tmp_path, won.link, dollars.link)
    (page,) = codes_of(printed(path), SAFE_DPI)
    assert set(page) == {won.link.url(), dollars.link.url()}


def test_one_bad_card_stops_the_whole_sheet(
    fair: Fair, tmp_path: Path, state_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is named by its number and serial; no link is in the message, and nothing is written."""
    good, spent = fair.links[:2]
    claimed = parse_link(spent.url())
    fair.desk.krw.claim(claimed, fair.desk.address("recipient"), fair.desk.wallet("relayer"))
    elsewhere = remade(good, chain_id=good.chain_id + 1)
    foreign = remade(good, contract=fair.desk.address("stranger"))
    long = remade(good, base_url="https://largesse.example/" + "x" * 500)
    path = written(tmp_path, good, claimed, elsewhere, good, foreign, long)
    with pytest.raises(PrintError) as error:
        printed(path, "bad")
    lines = str(error.value).splitlines()[1:]
    reasons = [line.rpartition("[")[2].rstrip("]") for line in lines]
    assert reasons == ["gone", "wrong_place", "twice", "wrong_place", "twice"]
    assert lines[0].startswith(f"card 2 ({serial_of(claimed)}):")
    assert not (state_folder / "out" / "cards" / "bad.pdf").exists()
    secrets = [link.url().partition("#")[2] for link in (good, claimed)]
    assert not [one for one in secrets if one[60:90] in str(error.value) + capsys.readouterr().out]
    with pytest.raises(PrintError) as too_long:
        printed(written(tmp_path, long), "bad")
    assert "[too_long]" in str(too_long.value)


def test_lines_that_are_no_links(fair: Fair, tmp_path: Path) -> None:
    path = written(tmp_path, fair.links[0])
    path.write_text(path.read_text() + fair.links[1].url()[:-6] + "\nhello\n")
    with pytest.raises(PrintError) as error:
        printed(path)
    assert error.value.reason == "bad_links"
    assert "line 2: link_truncated" in str(error.value)
    assert "line 3: link_no_fragment" in str(error.value)
    path.write_text("\n")
    with pytest.raises(PrintError) as empty:
        printed(path)
    assert empty.value.reason == "bad_links"


@pytest.mark.parametrize("seconds", (-1, 0, 1))
def test_an_expired_card_is_not_printed(fair: Fair, tmp_path: Path, seconds: int) -> None:
    node: Node = fair.desk.session.node
    node.jump_to(fair.desk.krw.terms(1).expires_at + seconds)
    path = written(tmp_path, fair.links[0])
    if seconds < 0:
        assert codes_of(printed(path), SAFE_DPI) == [[fair.links[0].url()]]
        return
    with pytest.raises(PrintError) as error:
        printed(path)
    assert "[expired]" in str(error.value)


@pytest.mark.parametrize("seconds", (-1, 0, 1))
def test_a_card_that_its_giver_can_take_back_is_not_printed(fair: Fair, tmp_path: Path, seconds: int) -> None:
    links = give.many(f"series={KR}", "amount=1000", "count=2", "name=soon", "reclaim=2030-01-31")
    assert links is not None
    fair.desk.session.node.jump_to(links[0].gift.reclaim_at + seconds)
    path = written(tmp_path, *links)
    (path.parent.parent / "soon.txt").unlink(missing_ok=True)
    if seconds < 0:
        assert len(codes_of(printed(path), SAFE_DPI)[0]) == 2
    else:
        with pytest.raises(PrintError) as error:
            printed(path)
        assert str(error.value).count("[returnable]") == 2
    Path(fair.path.with_name("soon.txt")).unlink()


def test_a_killed_run_is_finished_by_the_same_command(
    fair: Fair, state_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once before the transaction went out, once after it was mined: the face is given once."""
    folder, wanted = state_folder / "out" / "gifts", (f"series={KR}", "amount=1000", "count=3", "name=cut")
    before = fair.desk.krw.account(1, fair.desk.address("giver")).balance

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    for moment in ("broadcast", "wait"):
        with monkeypatch.context() as patch:
            patch.setattr(Node, moment, cut)
            with pytest.raises(KeyboardInterrupt):
                give.many(*wanted)
        assert (folder / "cut.draft").is_file()
        assert not (folder / "cut.txt").exists()
    with pytest.raises(ArgumentError) as other:
        give.many(f"series={KR}", "amount=1000", "count=4", "name=cut")
    assert other.value.reason == "name_taken"
    await_final(fair.desk.session.node, fair.desk.address("giver"))
    links = give.many(*wanted)
    assert links is not None
    assert fair.desk.krw.account(1, fair.desk.address("giver")).balance == before - 3_000
    assert not (folder / "cut.draft").exists()
    fair.desk.krw.claim(links[2], fair.desk.address("recipient"), fair.desk.wallet("relayer"))
    with pytest.raises(ArgumentError) as taken:
        give.many(*wanted)
    assert taken.value.reason == "name_taken"


def test_letters_that_no_typeface_has_are_refused() -> None:
    letters = lettering()
    assert letters.width("문화상품권 50,000 KRW") > 5
    assert letters.width("Подарочная карта") > 5
    for text, reason in (("\U00020000", "no_letter"), ("🎁", "no_letter"), ("بطاقة", "needs_shaping")):
        with pytest.raises(PrintError) as error:
            letters.width(text)
        assert error.value.reason == reason


def test_a_font_that_is_none(fair: Fair, tmp_path: Path) -> None:
    bad = tmp_path / "font.ttf"
    bad.write_bytes(b"no typeface")
    with pytest.raises(PrintError) as error:
        print_cards.main(f"links={fair.path}", "name=x", f"font={bad}")
    assert error.value.reason == "no_typeface"


def remade(link: GiftLink, **changes: object) -> GiftLink:
    """The same gift in a link that says something else."""
    gift: Gift = link.gift
    return replace(link, gift=gift, **changes)  # type: ignore[arg-type]
