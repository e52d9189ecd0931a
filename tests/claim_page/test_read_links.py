"""The page's JavaScript and the package's Python agree on every link: what it holds, what is signed for it,
and why one is refused."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from web3 import Web3

from largesse.addresses import ZERO_ADDRESS, address_from_bytes
from largesse.artifacts import certificates_abi, jars_abi
from largesse.bytestream import varint
from largesse.clients.certificates import batch_tuples, gift_tuple
from largesse.eip712 import certificates_domain, jars_domain
from largesse.errors import LinkError
from largesse.files import CHECKOUT
from largesse.gifts.link_frame import frame
from largesse.gifts.links import BatchPlace, Gift, GiftLink, key_address, parse_link
from largesse.gifts.merkle import GiftLeaf, build
from largesse.gifts.messages import encrypt_message, message_hash
from largesse.gifts.subscriptions import (
    GiftSubscriptions,
    SubscriptionLink,
    make_links,
    parse_subscription_link,
)
from largesse.signed.certificates import Claim

PAGE = "https://gift.example/claim"
RECIPIENT = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
NEVER = 2**40 - 1

Read = Callable[[Sequence[str]], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def isolation() -> None:
    """Overrides the node's."""


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """What the page reads in these fragments."""
    module = tmp_path_factory.mktemp("page") / "link.mjs"
    tool = CHECKOUT / "node_modules" / ".bin" / "esbuild"
    source = CHECKOUT / "claim-page" / "src" / "link.js"
    options = ["--bundle", "--format=esm", "--platform=node", "--log-level=warning"]
    subprocess.run([str(tool), str(source), *options, f"--outfile={module}"], check=True)

    def run(fragments: Sequence[str]) -> list[dict[str, Any]]:
        script = Path(__file__).with_name("read_links.mjs")
        lines = "\n".join(map(json.dumps, fragments))
        done = subprocess.run(
            ["node", str(script), str(module), RECIPIENT],
            input=lines, capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        found = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(found) == len(fragments)
        return found

    return run


# ------------------------------------------------------------------------------------------------ links


def account(rng: Random) -> str:
    return address_from_bytes(rng.randbytes(20))


def gift_link(rng: Random) -> GiftLink:
    """Any: to a bearer or a name, with a message or without, alone or of a batch."""
    secret, contract = rng.randbytes(32), account(rng)
    chain_id = rng.choice((1, 31_337, 2**63 - 37, rng.randrange(1, 2**40)))
    text = "".join(rng.choice("aé한🎁\n<&\ufeff") for _ in range(rng.randrange(80)))
    ciphertext = encrypt_message(secret, chain_id, contract, rng.choice(("", text)))
    recipient = rng.choice((ZERO_ADDRESS, account(rng)))
    amount = rng.choice((1, 50_000, rng.randrange(1, 2**64)))
    dates = [rng.choice((0, NEVER, rng.randrange(2**33))) for _ in range(4)]
    deliver_at, reclaim_at, created_at, limitation_at = dates
    hashed = message_hash(ciphertext)
    place = None
    if rng.random() < 0.6:
        leaves = [
            GiftLeaf(i, account(rng), ZERO_ADDRESS, rng.randrange(2**60), 0, bytes(32))
            for i in range(rng.randrange(1, 40))
        ]
        at = rng.randrange(len(leaves))
        leaves[at] = GiftLeaf(at, key_address(secret), recipient, amount, deliver_at, hashed)
        tree = build(leaves)
        place = BatchPlace(tree.root, at, tuple(tree.proof(at)))
    series_id = rng.choice((1, rng.randrange(2**256)))
    gift = Gift(
        account(rng), key_address(secret), recipient, series_id, amount,
        deliver_at, reclaim_at, created_at, limitation_at, hashed, place,
    )  # fmt: skip
    return GiftLink(PAGE, chain_id, contract, secret, gift, ciphertext)


def member_link(rng: Random) -> SubscriptionLink:
    count = rng.randrange(1, 40)
    batch = GiftSubscriptions(
        account(rng), account(rng), rng.randrange(2**32), rng.randrange(2**16), rng.randrange(2**80), count,
        rng.randrange(2**96), rng.randrange(2**40), bytes(32), 0,
    )  # fmt: skip
    links = make_links(batch, count, chain_id=31_337, escrow=account(rng), base_url=PAGE)[1]
    return rng.choice(links)


def gift_call(link: GiftLink) -> str:
    gift, place = link.gift, link.gift.batch
    domain = certificates_domain(link.chain_id, link.contract)
    signature = Claim(gift.gift_id(), RECIPIENT, bytes(32)).sign(domain, link.private_key)
    contract = Web3().eth.contract(abi=certificates_abi())
    if place is None:
        return contract.encode_abi("claim", [gift_tuple(gift), RECIPIENT, signature])
    return contract.encode_abi("claimFromBatch", [*batch_tuples(gift, place), RECIPIENT, signature])


def member_call(link: SubscriptionLink) -> str:
    signature = link.sign(jars_domain(link.chain_id, link.escrow), RECIPIENT)
    place = link.index, link.place.key, ZERO_ADDRESS, list(link.proof)
    args = [link.gifts.as_tuple(), *place, RECIPIENT, signature]
    return Web3().eth.contract(abi=jars_abi()).encode_abi("claimSubscription", args)


def fragment(link: GiftLink | SubscriptionLink) -> str:
    return link.url().partition("#")[2]


def refused_by_python(text: str) -> str | None:
    """The reason, or None where it is read."""
    url = f"{PAGE}#{text}"
    try:
        parse_link(url).message()
    except LinkError as error:
        if error.reason != "link_unknown_version":
            return error.reason
        try:
            parse_subscription_link(url)
        except LinkError as second:
            return second.reason
    return None


# --------------------------------------------------------------------------------------- read and signed


def test_every_gift_is_read_and_signed_alike(read: Read) -> None:
    rng = Random(17)
    links = [gift_link(rng) for _ in range(120)]
    for link, found in zip(links, read([fragment(link) for link in links]), strict=True):
        assert found == {
            "id": "0x" + link.gift.gift_id().hex(),
            "batch": "0x" + link.gift.batch_id().hex() if link.gift.batch else None,
            "message": link.message(),
            "contract": link.contract,
            "data": gift_call(link),
        }


def test_every_membership_is_read_and_signed_alike(read: Read) -> None:
    rng = Random(18)
    links = [member_link(rng) for _ in range(60)]
    for link, found in zip(links, read([fragment(link) for link in links]), strict=True):
        identity = "0x" + link.gifts.batch_id().hex()
        there = {"id": identity, "batch": identity, "message": "", "contract": link.escrow}
        assert found == there | {"data": member_call(link)}


# ----------------------------------------------------------------------------------------------- refused


def spoilt(text: str, rng: Random) -> Iterator[str]:
    """A letter changed at each place; cut at each; more at the end; letters that no link has."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for at in range(len(text)):
        yield text[:at] + rng.choice(letters.replace(text[at], "")) + text[at + 1 :]
        yield text[:at]
    for more in ("A", "AAAA", "=", "%20", " ", "\n", "é", "#"):
        yield text + more


@pytest.mark.parametrize("make", (gift_link, member_link))
def test_what_is_spoilt_is_refused_for_the_same_reason(read: Read, make: Any) -> None:
    rng = Random(19)
    texts = list(spoilt(fragment(make(rng)), rng))
    expected = [refused_by_python(text) for text in texts]
    assert None not in expected
    assert len(set(expected)) >= 6
    assert [one["refused"] for one in read(texts)] == expected


def bodies() -> Iterator[tuple[str, int, bytes]]:
    """With a right checksum, and something in them that no link holds."""
    key, contract, giver = (7).to_bytes(32, "big"), b"\x11" * 20, b"\x22" * 20
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

    def gift(
        flags: int = 0, chain: bytes = b"\x01", contract: bytes = contract, key: bytes = key,
        giver: bytes = giver, numbers: Sequence[int] = (1, 5, 0, NEVER, 0, NEVER), rest: bytes = b"",
    ) -> bytes:  # fmt: skip
        return bytes([flags]) + chain + contract + key + giver + b"".join(map(varint, numbers)) + rest

    def member(
        numbers: Sequence[int] = (1, 0, 9, 3, 5, 9, 9), index: int = 0, depth: int = 0, rest: bytes = b""
    ) -> bytes:
        head = varint(1) + contract + key + giver + giver + b"".join(map(varint, numbers))
        return head + varint(index) + bytes([depth]) + rest

    yield "good", 1, gift()
    yield "an unknown flag", 1, gift(flags=8)
    yield "chain 0", 1, gift(chain=b"\x00")
    yield "a padded number", 1, gift(chain=b"\x81\x00")
    yield "a number beyond 256 bits", 1, gift(chain=b"\xff" * 36 + b"\x7f")
    yield "a number without end", 1, gift(chain=b"\xff" * 40)
    yield "a chain beyond what clients sign", 1, gift(chain=varint(2**63 - 36))
    yield "no contract", 1, gift(contract=bytes(20))
    yield "key 0", 1, gift(key=bytes(32))
    yield "a key beyond the curve", 1, gift(key=order.to_bytes(32, "big"))
    yield "no giver", 1, gift(giver=bytes(20))
    yield "nothing", 1, gift(numbers=(1, 0, 0, NEVER, 0, NEVER))
    yield "more than a ledger holds", 1, gift(numbers=(1, 2**96, 0, NEVER, 0, NEVER))
    for at in range(2, 6):
        numbers = [1, 5, 0, NEVER, 0, NEVER]
        numbers[at] = NEVER + 1
        yield f"no date {at}", 1, gift(numbers=numbers)
    yield "a recipient who is nobody", 1, gift(flags=1, giver=giver + bytes(20))
    yield "no message", 1, gift(flags=2, rest=varint(0))
    yield "a message without text", 1, gift(flags=2, rest=varint(28) + bytes(28))
    yield "a message that is too long", 1, gift(flags=2, rest=varint(589) + bytes(589))
    yield "a message for another key", 1, gift(flags=2, rest=varint(40) + bytes(40))
    yield "another batch's place", 1, gift(flags=4, rest=bytes(32) + varint(0) + b"\x01" + bytes(32))
    yield "a place beyond its depth", 1, gift(flags=4, rest=bytes(32) + varint(2) + b"\x01" + bytes(32))
    yield "a proof beyond its depth", 1, gift(flags=4, rest=bytes(32) + varint(0) + b"\x21" + bytes(33 * 32))
    yield "a sum beyond 96 bits", 1, gift(flags=4, rest=bytes(32) + varint(0) + b"\x01" + b"\xff" * 32)
    yield "a proof that ends early", 1, gift(flags=4, rest=bytes(32) + varint(0) + b"\x02" + bytes(32))
    yield "bytes at the end", 1, gift(rest=b"\x00")
    yield "nothing at all", 1, b""
    yield "a good membership", 2, member()
    yield "a place that the batch has not", 2, member(index=3)
    yield "a proof that is too deep", 2, member(depth=17, rest=bytes(17 * 32))
    for at, bits in enumerate((32, 16, 80, 16, 96, 40, 64)):
        sizes = [1, 0, 9, 3, 5, 9, 9]
        sizes[at] = 2**bits
        yield f"a number of {bits} bits and more at {at}", 2, member(numbers=sizes)
    yield "bytes at a membership's end", 2, member(rest=b"\x00")


def test_what_no_link_holds_is_refused_by_both(read: Read) -> None:
    made = [(name, frame(version, body)) for version, name, body in ((v, n, b) for n, v, b in bodies())]
    found = read([text for _, text in made])
    reasons = {name: one.get("refused") for (name, _), one in zip(made, found, strict=True)}
    assert reasons == {name: refused_by_python(text) for name, text in made}
    assert {name for name, reason in reasons.items() if reason is None} == {"good", "a good membership"}
