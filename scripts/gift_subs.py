"""Gift subscriptions: many at once, for named accounts or for whoever has a link; unclaimed ones return."""

from __future__ import annotations

import secrets

from largesse import jar_actions
from largesse.arguments import ArgumentError, Arguments, Option
from largesse.chain import RefusedError
from largesse.clients.jars import TipsError
from largesse.commands.command import command
from largesse.commands.linking import PAGE, link_page
from largesse.commands.paying import CURRENCY, FROM, PAY, SIGN, TO, carry_out, payer_of
from largesse.console import done, say
from largesse.files import create_file
from largesse.gifts.named import NamedGifts, name_gifts
from largesse.gifts.subscriptions import GiftSubscriptions, make_links, parse_subscription_link
from largesse.jars import MONTH, price_of
from largesse.moments import minute, moment_of
from largesse.session import Session, SessionError
from largesse.tokens import TokenError

CLAIM_PAGE = "https://largesse.example/member"
MOST_LINKS = 10_000


@command(
    "Pay for gift subscriptions, all in one transaction: each starts when it is claimed.",
    CURRENCY,
    TO,
    Option("tier", "its number", "1"),
    Option("months", "of 30 days, each", "1"),
    Option("count", "how many links to make", ""),
    Option("for", "or the accounts they are for: addresses or roles, with commas", ""),
    Option("reclaim", "from then on unclaimed ones can return: 2027-12-24 or 2027-12-24T18:00, UTC"),
    Option("name", "of the file that is written: the links, or the named batch"),
    PAGE,
    PAY,
    SIGN,
    FROM,
    example="currency=USDC to=creator count=50 reclaim=2028-01-01 name=raid from=supporter",
)
def main(session: Session, given: Arguments) -> GiftSubscriptions:
    if given.has("count") == given.has("for"):
        raise ArgumentError("links_or_names", "either count=… links or for=… named accounts")
    tips, payer = session.tips(given.text("currency")), payer_of(session, given)
    creator, tier = session.address(given.text("to")), given.whole("tier", most=2**32 - 1)
    found = tips.open_tier(creator, tier)
    each = price_of(found.rate, given.whole("months", least=1, most=1_200) * MONTH, tips.token.decimals)
    until, name = moment_of(given, "reclaim"), given.file_name("name")
    gifts = GiftSubscriptions(
        payer.address, creator, tier, found.version, found.rate, 1, each, until, bytes(32),
        secrets.randbits(64),
    )  # fmt: skip
    # What claims is written before anything is paid: whoever lost it would have to wait for the reclaim date.
    folder = session.out("gift_subs")
    if given.has("count"):
        gifts, links = make_links(
            gifts, given.whole("count", least=1, most=MOST_LINKS), chain_id=session.node.chain_id,
            escrow=tips.address, base_url=link_page(session, given, CLAIM_PAGE),
        )  # fmt: skip
        path = folder / f"{name}.txt"
        content = "".join(link.url() + "\n" for link in links)
    else:
        named = name_gifts(gifts, [session.address(one) for one in given.text("for").split(",")])
        gifts, path = named.gifts, folder / f"{name}.json"
        content = named.to_json(given.text("currency"))
    try:
        create_file(path, content.encode("ascii"))
    except FileExistsError as error:
        raise ArgumentError(
            "name_taken",
            f"out/gift_subs/{path.name} is there already, of a run before this one, which paid for what it "
            "holds if it was not stopped; another name=… pays for others",
        ) from error
    total = tips.token.show(gifts.count * each)
    what = f"{gifts.count} gift(s) of {tips.token.show(each)}, {total} in all, into tier {tier} of {creator}"
    try:
        carry_out(session, given, tips, jar_actions.give_subscriptions(gifts), payer, what)
    except (RefusedError, TipsError, TokenError, SessionError):
        path.unlink()  # nothing was given
        raise
    say(f"{'one link a line' if given.has('count') else 'claims read'}: out/gift_subs/{path.name}")
    return gifts


@command(
    "Claim a gift subscription: by its link, or out of the batch that names the account.",
    Option("link", "the link, or a file and a line: out/gift_subs/raid.txt:7", ""),
    Option("batch", "or the file of a named batch", ""),
    Option("to", "who becomes the member: address (a role on a development chain)"),
    Option("from", "who sends", ""),
    example="link=out/gift_subs/raid.txt:7 to=reader from=relayer",
)
def claim(session: Session, given: Arguments) -> int:
    if given.has("link") == given.has("batch"):
        raise ArgumentError("link_or_batch", "either link=… or batch=…")
    account, sender = session.address(given.text("to")), session.wallet(given, "relayer")
    if given.has("link"):
        link = parse_subscription_link(given.link("link"))
        claimed = session.tips_at(link.escrow).claim_subscription(link, account, sender)
    else:
        symbol, named = NamedGifts.from_json(given.path("batch").read_text(encoding="utf-8"))
        place = named.place_of(account)
        claimed = session.tips(symbol).claim_named(named.gifts, named.tree, place, sender)
    until = int(claimed["until"])
    done(f"{account} is a member of tier {claimed['tier']} of {claimed['creator']} until {minute(until)} UTC")
    return until


@command(
    "Return what nobody claimed by its date to whoever had paid for it; anybody may send it.",
    CURRENCY,
    Option("payer", "who had paid: address (a role on a development chain)"),
    Option("from", "who sends", ""),
    example="currency=USDC payer=supporter from=supporter",
)
def reclaim(session: Session, given: Arguments) -> int:
    tips, sender = session.tips(given.text("currency")), session.wallet(given, "relayer")
    payer, now, total = session.address(given.text("payer")), session.node.now(), 0
    for gifts in tips.open_batches(payer):
        if gifts.reclaim_at <= now:
            amount = int(tips.reclaim_subscriptions(gifts, sender)["amount"])
            total += amount
            done(f"{tips.token.show(amount)} returned to {payer}")
        else:
            left = tips.gifts_left(gifts.batch_id())
            say(f"{left} unclaimed gift(s) can return from {minute(gifts.reclaim_at)} UTC on")
    return total
