"""Certificates: ours beside plain ERC-1155 tokens, Uniswap's Merkle distributor and Seaport 1.6."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from eth_abi.abi import encode
from eth_abi.packed import encode_packed

from bench.against.lab import DAY, NOON, PEER_FAILED, Lab, Missing, Row
from largesse.eip712 import address_of, certificates_domain, keccak, sign_digest
from largesse.gifts.merkle import GiftLeaf, build
from largesse.signed.certificates import Claim
from largesse.signed.market import Offer, market_domain

SECTION: Final = "Certificates"
FACE: Final = 50_000_000
PRICE: Final = 46_500_000
SHARE: Final = 500_000
LINKS: Final = 1_000
ZERO: Final = "0x" + "00" * 20
NO_KEY: Final = bytes(32)
APPROVED: Final = True
UNTIL: Final = NOON + 365 * DAY
BURNS: Final = ("mint(address,uint256,uint256)", "burn(address,uint256,uint256)")
ERC20, ERC1155 = 1, 3
"""Seaport's `ItemType`."""
FULL_OPEN, PARTIAL_OPEN, ERC20_FOR_ERC1155 = 0, 1, 12
"""Seaport's `OrderType` twice, and the `BasicOrderType` of a full open one."""
SEAPORT: Final = "@opensea/seaport-js/src/artifacts/seaport/contracts/"


def series_of(lab: Lab) -> int:
    """An open series, its holders known, a redemption made."""
    issuer = lab.fund("issuer", lab.certificates.address)
    art = encode(["string", "string", "string", "uint8"] + ["uint24"] * 3, ["Card", "Books", "", 0, 1, 2, 3])
    year, act = 365 * DAY, lab.certificates.functions
    terms = (issuer, lab.time + year, lab.time + 2 * year, lab.time + 5 * year, 0, *[False] * 4,
             0, 0, 9_000, 0, 0, 7 * DAY, keccak(b"terms"))  # fmt: skip
    lab.send(act.createSeries(terms, [], art), issuer)
    series = int(act.seriesCount().call())
    for name in ("holder", "giver", "merchant"):
        lab.send(act.issue(series, lab.person(name).address, 100 * FACE), issuer)
    lab.send(act.redeem(series, 1, lab.person("merchant").address), lab.person("holder").address)
    return series


def ours(lab: Lab) -> dict[str, int]:
    """Gas by the keys of bench/gas.json."""
    lab.at(NOON - 9 * DAY)
    series, act = series_of(lab), lab.certificates.functions
    issuer, holder = lab.person("issuer").address, lab.person("holder").address
    merchant, new = lab.person("merchant").address, lab.person("recipient").address
    found = {}
    for key in ("new", "known"):
        found[f"certificates.issue_{key}"] = lab.gas(act.issue(series, new, FACE), issuer)
    found["certificates.redeem"] = lab.gas(act.redeem(series, FACE, merchant), holder)
    found["certificates.claim_from_many"] = _claim(lab, series)
    found["market.fill_with_fee"] = _sale(lab, series)
    return found


def give(lab: Lab, series: int) -> int:
    """By link, to whoever has its key."""
    order = (series, FACE, address_of(keccak(b"one")), ZERO, 0, UNTIL, bytes(32))
    return lab.gas(lab.certificates.functions.give(order), lab.person("giver").address)


def _claim(lab: Lab, series: int) -> int:
    """Of 1,000 links under one root: by a new holder, into a word of the bitmap that is in use."""
    act, giver = lab.certificates.functions, lab.person("giver").address
    secrets = [keccak(b"link" + i.to_bytes(2, "big")) for i in range(LINKS)]
    keys = [address_of(secret) for secret in secrets]
    since = NOON - 9 * DAY
    tree = build([GiftLeaf(i, key, ZERO, FACE // LINKS, since, bytes(32)) for i, key in enumerate(keys)])
    made_at = NOON - 8 * DAY
    lab.at(made_at)
    lab.send(act.giveMany(giver, series, tree.root, UNTIL, (0, 0, b"")), giver)
    batch = (giver, series, tree.root, UNTIL, made_at, act.terms(series).call()[3])
    batch_id = keccak(encode(["address"] + ["uint256"] * 5, list(batch)))
    domain, gas = certificates_domain(lab.node.chain_id, lab.certificates.address), 0
    for index, name in ((7, "stranger"), (8, "creator")):
        to = lab.person(name).address
        gift = keccak(encode(["bytes32", "uint256"], [batch_id, index]))
        signature = Claim(gift, to, bytes(32)).sign(domain, secrets[index])
        leaf = (index, keys[index], ZERO, FACE // LINKS, since, bytes(32))
        call = act.claimFromBatch(batch, leaf, tree.proof(index), to, signature)
        gas = lab.gas(call, lab.person("relayer").address)
    return gas


def _sale(lab: Lab, series: int) -> int:
    """A resale with a referrer's share; seller and buyer have traded before."""
    seller, buyer = lab.person("giver"), lab.fund("holder", lab.market.address)
    referrer = lab.person("creator").address
    for who in (seller.address, referrer):
        lab.send(lab.token.functions.mint(who, 1), lab.deployer)
    lab.send(lab.certificates.functions.setApprovalForAll(lab.market.address, APPROVED), seller.address)
    domain, gas = market_domain(lab.node.chain_id, lab.market.address), 0
    for nonce in (1, 2):
        offer = Offer(seller.address, series, FACE, PRICE, 0, referrer, SHARE, nonce, 0, UNTIL)
        call = lab.market.functions.fill(offer.values(), FACE, offer.sign(domain, seller.key))
        gas = lab.gas(call, buyer)
    return gas


def seaport(*, basic: bool) -> Callable[[Lab], dict[str, int]]:
    """The same certificate for the same money on Seaport 1.6, as a whole: its basic order, which takes the
    least, or its general one, which may be filled in parts as our offers may."""

    def measured(lab: Lab) -> dict[str, int]:
        controller = lab.published(f"{SEAPORT}conduit/ConduitController.sol/LocalConduitController.json")
        sea = lab.published(f"{SEAPORT}Seaport.sol/Seaport.json", controller.address)
        seller, buyer = lab.person("giver"), lab.fund("holder", sea.address)
        lab.send(lab.certificates.functions.setApprovalForAll(sea.address, APPROVED), seller.address)
        series, money = int(lab.certificates.functions.seriesCount().call()), lab.token.address
        card, creator = lab.certificates.address, lab.person("creator").address
        offer = [(ERC1155, card, series, FACE, FACE)]
        paid = [(ERC20, money, 0, due, due, to) for to, due in ((seller.address, PRICE), (creator, SHARE))]
        gas = 0
        for salt in (7, 8):
            kind = FULL_OPEN if basic else PARTIAL_OPEN
            head = (seller.address, ZERO, offer, paid, kind, 0, UNTIL, NO_KEY, salt, NO_KEY)
            order = sea.functions.getOrderHash((*head, 0)).call()
            separator = sea.functions.information().call()[1]
            signature = sign_digest(keccak(b"\x19\x01" + separator + order), seller.key)
            call = sea.functions.fulfillAdvancedOrder(((*head, 2), 1, 1, signature, b""), [], NO_KEY, ZERO)
            if basic:
                terms = (
                    money,
                    0,
                    PRICE,
                    seller.address,
                    ZERO,
                    card,
                    series,
                    FACE,
                    ERC20_FOR_ERC1155,
                    0,
                    UNTIL,
                )
                rest = (NO_KEY, salt, NO_KEY, NO_KEY, 1, [(SHARE, creator)], signature)
                call = sea.functions.fulfillBasicOrder_efficient_6GL6yc((*terms, *rest))
            before = lab.certificates.functions.balanceOf(buyer, series).call()
            gas = lab.gas(call, buyer)
            if lab.certificates.functions.balanceOf(buyer, series).call() - before != FACE:
                raise RuntimeError("a sale on Seaport moved no certificate")
        return {"market.fill_with_fee": gas}

    return measured


def plain(name: str) -> Callable[[Lab], dict[str, int]]:
    """An ERC-1155 of bench/peers: mint; burn by the holder and an ERC-20 transfer, two transactions."""

    def measured(lab: Lab) -> dict[str, int]:
        made = lab.compiled(name, BURNS)
        holder, new = lab.fund("holder"), lab.person("recipient").address
        found = {}
        for key in ("new", "known"):
            found[f"certificates.issue_{key}"] = lab.gas(made.functions.mint(new, 1, FACE), lab.deployer)
        lab.send(made.functions.mint(holder, 1, 10 * FACE), lab.deployer)
        burnt = lab.gas(made.functions.burn(holder, 1, FACE), holder)
        moved = lab.gas(lab.token.functions.transfer(lab.person("merchant").address, FACE), holder)
        return found | {"certificates.redeem": burnt + moved}

    return measured


def merkle(lab: Lab) -> dict[str, int]:
    """Uniswap's distributor with 1,000 leaves: a claim by a new holder of the currency."""
    people = [lab.web3.eth.account.from_key(keccak(b"leaf" + i.to_bytes(2, "big"))).address for i in range(8)]
    people += [people[0]] * (LINKS - len(people))
    kinds = ["uint256", "address", "uint256"]
    level = [keccak(encode_packed(kinds, [i, who, FACE])) for i, who in enumerate(people)]
    tree = [level]
    while len(level) > 1:
        pairs = [level[i : i + 2] for i in range(0, len(level), 2)]
        level = [keccak(b"".join(sorted(pair))) if len(pair) == 2 else pair[0] for pair in pairs]
        tree.append(level)
    made = lab.published(
        "@uniswap/merkle-distributor/build/MerkleDistributor.json", lab.token.address, tree[-1][0]
    )
    lab.send(lab.token.functions.mint(made.address, LINKS * FACE), lab.deployer)
    gas = 0
    for index in (6, 7):
        proof = [one[(index >> depth) ^ 1] for depth, one in enumerate(tree[:-1])
                 if (index >> depth) ^ 1 < len(one)]  # fmt: skip
        call = made.functions.claim(index, people[index], FACE, proof)
        gas = lab.gas(call, lab.person("relayer").address)
    return {"certificates.claim_from_many": gas}


WORK: Final = {
    "certificates.redeem": "redeem, sent by the holder, the merchant paid",
    "certificates.redeem_named": "redeem of a named series, sent by the holder",
    "certificates.redeem_signed": "redeem, signed by the holder, sent by the merchant",
    "certificates.redeem_signed_usdc": "redeem, signed, in real USDC",
    "certificates.redeem_signed_order_used": "redeem, signed, with an order, used word",
    "certificates.redeem_signed_order_fresh": "redeem, signed, with an order, fresh word",
    "certificates.redeem_batch_100_each": "redeem, signed, with orders, each of 100",
    "certificates.give": "give by link",
    "certificates.claim_new": "claim, new holder",
    "certificates.claim_known": "claim, known holder",
    "certificates.give_many_1000": "give 1,000 links in one transaction, all together",
    "certificates.claim_from_many": "claim one of 1,000, new holder",
    "certificates.issue_new": "issue to a new holder",
    "certificates.issue_known": "issue to a known holder",
    "market.fill_with_fee": "resale with one fee",
}
SAID: Final = ("certificates.issue_new", "certificates.issue_known")
_PLAIN: Final = "mint collects no money; redeem is a burn and an ERC-20 transfer, two transactions"
PEERS: Final[tuple[tuple[str, Callable[[Lab], dict[str, int]], str], ...]] = (
    ("OpenZeppelin ERC1155 5.7.0", plain("OpenZeppelin1155"), _PLAIN),
    ("Solady ERC1155 0.1.26", plain("Solady1155"), _PLAIN),
    ("Uniswap merkle-distributor 1.0.1", merkle,
     "npm artifact; pays the currency to a fixed address; no link, no sum tree, no refund of the rest"),
    ("Seaport 1.6, order in parts", seaport(basic=False),
     "npm artifacts; the same certificate, `fulfillAdvancedOrder` of the whole, no conduit"),
    ("Seaport 1.6, basic order", seaport(basic=True),
     "npm artifacts; the same certificate, `fulfillBasicOrder_efficient_6GL6yc`, no conduit"),
)  # fmt: skip


def measure(lab: Lab) -> tuple[list[Row], list[Missing]]:
    """The section. Raises where ours could not be measured."""
    mine = ours(lab)
    rows, missing = [], []
    for peer, measured, setup in PEERS:
        try:
            theirs: dict[str, Any] = measured(lab)
        except PEER_FAILED as error:
            missing.append(Missing(peer, f"{type(error).__name__}: {str(error)[:200]}"))
            continue
        for key, gas in theirs.items():
            goal = f"say the difference: {mine[key] - gas:+,}" if key in SAID else ""
            rows.append(Row(SECTION, WORK[key], peer, mine[key], gas, setup, key, goal=goal))
    return rows, missing
