"""The claim page, in a browser, over the real relayer: who has nothing opens a link and has the gift."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account
from playwright.sync_api import Route

from largesse.chain import Wallet
from largesse.clients.tips import Tips
from largesse.gifts.links import GiftLink, new_link_key
from largesse.gifts.subscriptions import GiftSubscriptions, SubscriptionLink, make_links
from scripts import give
from tests.fixtures.desk import KR, Desk
from tests.support.claim_page import Visit
from tests.support.relaying import Desk as Relaying
from tests.support.waiting import until

DAY = 86_400
MESSAGE = "생일 축하해! 책을 사렴 <img src=x onerror=alert(1)>"
CENT = 10_000


@pytest.fixture
def giver(desk: Desk) -> Wallet:
    desk.issue("giver", "150000")
    return desk.wallet("giver")


def gift(desk: Desk, giver: Wallet, shop: str, **how: Any) -> GiftLink:
    return desk.krw.give(giver, 1, 50_000, base_url=shop, **how).link


def fan() -> str:
    """An address that nobody has used."""
    return Wallet.from_key("fan", new_link_key()).address


def balance(desk: Desk, holder: str) -> int:
    return desk.krw.account(1, holder).balance


# ------------------------------------------------------------------------------------------- it is claimed


def test_who_has_no_wallet_makes_one_and_has_the_gift(
    desk: Desk, giver: Wallet, relayer: Relaying, shop: str, visit: Visit
) -> None:
    link = gift(desk, giver, shop, message=MESSAGE)
    visit.open(link.url())
    assert (visit.text("what"), visit.text("message")) == ("50,000 KRWT", MESSAGE)
    assert visit.page.locator("#picture").evaluate("one => one.complete && one.naturalWidth > 0")
    assert visit.page.locator("#message img").count() == 0
    assert giver.address in visit.text("facts")
    assert "Valid until" in visit.text("facts")

    visit.press("make")
    words = visit.page.locator("#words li").all_inner_texts()
    assert visit.page.locator("#take").is_disabled()  # until they are written down
    visit.page.locator("#written").check()
    visit.press("take")
    Account.enable_unaudited_hdwallet_features()
    own = Account.from_mnemonic(" ".join(words)).address  # as any other wallet reads the words
    assert visit.done() == own
    assert balance(desk, own) == 50_000
    assert desk.session.node.web3.eth.get_transaction_count(own) == 0
    assert relayer.sent() > 0
    assert not desk.krw.is_gift_open(link.gift.gift_id())


def test_what_leaves_the_device(
    desk: Desk, giver: Wallet, relayer: Relaying, shop: str, visit: Visit
) -> None:
    """The signed claim: no key, no link, no message, no word; and nobody else is asked."""
    link = gift(desk, giver, shop, message=MESSAGE)
    visit.open(link.url())
    visit.press("make")
    words = visit.page.locator("#words li").all_inner_texts()
    visit.page.locator("#written").check()
    visit.press("take")
    visit.done()
    sent = visit.was_sent()
    assert "/relay" in sent
    fragment = link.url().split("#")[1]
    for secret in (link.private_key.hex(), fragment, fragment[20:60], MESSAGE, " ".join(words)):
        assert secret not in sent
    ours = (shop, str(relayer.client.base_url), str(desk.session.node.url))
    assert all(one.url.startswith((*ours, "data:")) for one in visit.sent)
    kept = visit.page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    assert kept == [0, 0, ""]


def test_to_an_address_that_is_typed(desk: Desk, giver: Wallet, shop: str, visit: Visit) -> None:
    """Any of a batch."""
    links = give.many(f"series={KR}", "amount=20000", "count=3", "name=raid", f"page={shop}", "from=giver")
    recipient = fan()
    visit.open(links[1].url())
    assert visit.text("what") == "20,000 KRWT"
    visit.claim_to(recipient)
    assert visit.done() == recipient
    assert balance(desk, recipient) == 20_000
    visit.open(links[1].url())
    visit.says("claimed before")
    assert visit.text("choose") == ""


def injected(visit: Visit, answer: str) -> None:
    """A wallet in the browser (EIP-1193) whose owner answers so, in JavaScript."""
    visit.page.add_init_script(
        "window.ethereum = {request: async ({method}) => {"
        f" if (method !== 'eth_requestAccounts') throw new Error(method); {answer} }}}};"
    )


def test_to_the_wallet_in_the_browser(desk: Desk, giver: Wallet, shop: str, visit: Visit) -> None:
    recipient = fan()
    injected(visit, f"return [{json.dumps(recipient.lower())}];")
    visit.open(gift(desk, giver, shop).url())
    visit.press("wallet")
    assert visit.done() == recipient
    assert balance(desk, recipient) == 50_000


def test_a_wallet_that_declines(desk: Desk, giver: Wallet, shop: str, visit: Visit) -> None:
    injected(visit, "throw Object.assign(new Error('no'), {code: 4001});")
    link = gift(desk, giver, shop)
    visit.open(link.url())
    visit.press("wallet")
    visit.says("You declined")
    assert desk.krw.is_gift_open(link.gift.gift_id())
    assert visit.text("choose")


def test_a_named_gift_goes_to_its_name_alone(desk: Desk, giver: Wallet, shop: str, visit: Visit) -> None:
    recipient = fan()
    visit.open(gift(desk, giver, shop, recipient=recipient).url())
    assert visit.text("only") == recipient
    assert visit.text("choose") == ""
    visit.press("deliver")
    assert visit.done() == recipient
    assert balance(desk, recipient) == 50_000


@pytest.fixture
def member_link(desk: Desk, shop: str) -> SubscriptionLink:
    """A month's membership at 5.00 USDC, one of three."""
    tips: Tips = desk.session.tips("USDC")
    tips.set_tier(desk.wallet("creator"), 1, 500 * CENT)
    tier = tips.tier(desk.address("creator"), 1)
    batch = GiftSubscriptions(
        desk.address("supporter"), desk.address("creator"), 1, tier.version, tier.rate, 1, 500 * CENT,
        tips.node.now() + 30 * DAY, bytes(32), 0,
    )  # fmt: skip
    gifts, links = make_links(batch, 3, chain_id=tips.node.chain_id, escrow=tips.address, base_url=shop)
    tips.give_subscriptions(desk.wallet("supporter"), gifts)
    return links[2]


def test_a_membership(desk: Desk, member_link: SubscriptionLink, visit: Visit) -> None:
    member = fan()
    visit.open(member_link.url())
    assert visit.text("what") == "A membership of 30 days"
    assert desk.address("creator") in visit.text("facts")
    visit.claim_to(member)
    assert visit.done() == member
    assert desk.session.tips("USDC").supporter_since(desk.address("creator"), member, 1) > 0


def test_a_link_that_is_left_while_it_is_looked_at(
    desk: Desk, giver: Wallet, shop: str, visit: Visit
) -> None:
    """What comes late of the former gift is not shown as the latter's."""
    first = gift(desk, giver, shop, message="one")
    second = desk.krw.give(giver, 1, 7_000, base_url=shop).link
    waiting: list[Route] = []
    node = str(desk.session.node.url)
    held = True

    def hold(route: Route) -> None:
        if held and "eth_call" in (route.request.post_data or ""):
            waiting.append(route)
        else:
            route.continue_()

    visit.page.route(f"{node}/**", hold)
    visit.page.goto(first.url())
    until(lambda: visit.page.wait_for_timeout(20) or waiting)
    held = False
    visit.page.goto(second.url())
    visit.page.locator("#choose").wait_for()
    for route in waiting:
        route.continue_()
    visit.page.wait_for_timeout(1_500)
    assert visit.text("what") == "7,000 KRWT"


# ----------------------------------------------------------------------------------------------- it is not


def test_a_date_that_has_not_come(desk: Desk, giver: Wallet, shop: str, visit: Visit) -> None:
    deliver_at = desk.session.node.now() + DAY
    link = gift(desk, giver, shop, deliver_at=deliver_at)
    visit.open(link.url())
    visit.says("It can be claimed from")
    assert visit.text("choose") == visit.text("named") == ""
    desk.session.node.jump_to(deliver_at)
    visit.open(link.url())
    visit.claim_to(fan())
    visit.done()


def test_another_link_in_the_same_tab(desk: Desk, giver: Wallet, shop: str, visit: Visit) -> None:
    """Only the fragment changes: the page is not loaded again, and shows nothing of the former gift."""
    first, second = gift(desk, giver, shop, message="one"), gift(desk, giver, shop, recipient=fan())
    visit.open(first.url())
    visit.press("make")
    visit.page.goto(second.url())
    visit.page.locator("#named").wait_for()
    assert visit.text("message") == visit.text("choose") == ""
    visit.page.goto(first.url())
    visit.page.locator("#choose").wait_for()
    assert visit.text("message") == "one"
    assert visit.text("made") == ""


def test_a_gift_that_was_taken_back(desk: Desk, giver: Wallet, shop: str, visit: Visit) -> None:
    """Before the page was opened, and while it was."""
    link = gift(desk, giver, shop, deliver_at=desk.session.node.now() + DAY)
    open_one = gift(desk, giver, shop)
    visit.open(open_one.url())
    desk.krw.claim(open_one, fan(), desk.wallet("relayer"))
    visit.claim_to(fan())
    visit.says("It was claimed before, or its giver has taken it back.")
    desk.krw.recall(giver, link.gift)
    visit.open(link.url())
    visit.says("It was claimed before, or its giver has taken it back.")
    assert visit.text("choose") == ""


@pytest.mark.parametrize(
    ("change", "said"),
    (
        (lambda fragment: fragment[:-9], "The link is cut"),
        (lambda fragment: fragment[:50] + ("A" if fragment[50] != "A" else "B") + fragment[51:], "checksum"),
        (lambda fragment: fragment + "AAAA", "follow the link's end"),
        (lambda fragment: "%20" + fragment, "a character that no link does"),
        (lambda fragment: "", "nothing after #"),
    ),
    ids=("cut", "changed", "longer", "blank", "none"),
)
def test_a_spoilt_link(desk: Desk, giver: Wallet, shop: str, visit: Visit, change: Any, said: str) -> None:
    page, fragment = gift(desk, giver, shop).url().split("#")
    visit.open(f"{page}#{change(fragment)}")
    visit.says(said)
    assert visit.text("choose") == visit.text("gift") == ""
    assert not any("/relay" in one.url for one in visit.sent)


@pytest.mark.parametrize(
    ("address", "said"),
    (
        ("anna", "That is no address"),
        ("0x" + "12" * 21, "That is no address"),
        ("0x" + "00" * 20, "nobody's wallet"),
        ("lower", "capital letters"),
        ("swapped", "capital letters"),
        ("contract", "nobody's wallet"),
    ),
)
def test_an_address_that_is_wrong(
    desk: Desk, giver: Wallet, shop: str, visit: Visit, address: str, said: str
) -> None:
    good = giver.address
    typed = {"lower": good.lower(), "swapped": "0x" + good[2:].swapcase(), "contract": desk.krw.address}
    link = gift(desk, giver, shop)
    visit.open(link.url())
    visit.claim_to(typed.get(address, address))
    visit.says(said)
    assert desk.krw.is_gift_open(link.gift.gift_id())
    recipient = fan()
    visit.claim_to(f" {recipient} ")
    assert visit.done() == recipient


def test_a_contract_that_the_shop_does_not_sell(desk: Desk, shop: str, visit: Visit) -> None:
    """Anybody can deploy certificates of a currency that is worth nothing, and make links to this page."""
    other = desk.session.certificates("USDC")
    desk.issue("giver", "25.00", "us-ca-gift-25")
    link = other.give(desk.wallet("giver"), 1, 25_000_000, base_url=shop).link
    visit.open(link.url())
    visit.says("not from this shop")
    assert visit.text("gift") == visit.text("choose") == ""


def test_a_chain_that_it_does_not_serve(desk: Desk, giver: Wallet, shop: str, visit: Visit) -> None:
    visit.open(replace(gift(desk, giver, shop), chain_id=10).url())
    visit.says("does not serve the link's chain, 10")


def test_a_relayer_that_is_away_and_comes_back(
    desk: Desk, giver: Wallet, relayer: Relaying, shop: str, visit: Visit
) -> None:
    """Nothing is lost: the same button, pressed again, claims."""
    recipient, link = fan(), gift(desk, giver, shop)
    base = str(relayer.client.base_url)
    visit.page.route(f"{base}/**", lambda route: route.abort())
    visit.open(link.url())
    visit.says("does not answer")
    visit.page.unroute(f"{base}/**")
    visit.press("again")
    visit.page.locator("#choose").wait_for()
    visit.page.route(f"{base}/relay", lambda route: route.abort())
    visit.claim_to(recipient)
    visit.says("does not answer")
    visit.page.unroute(f"{base}/relay")
    visit.claim_to(recipient)
    assert visit.done() == recipient


def test_a_node_that_is_away(desk: Desk, giver: Wallet, shop: str, visit: Visit) -> None:
    link = gift(desk, giver, shop)
    node = str(desk.session.node.url)
    visit.page.route(f"{node}/**", lambda route: route.abort())
    visit.open(link.url())
    visit.says("The chain can't be read")
    visit.page.unroute(f"{node}/**")
    visit.press("again")
    visit.page.locator("#choose").wait_for()
    assert visit.text("what") == "50,000 KRWT"
