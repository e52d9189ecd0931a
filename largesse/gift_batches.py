"""Many gift links at once: one transaction funds them all, under a Merkle sum tree."""

from __future__ import annotations

from collections.abc import Sequence

from largesse.addresses import ZERO_ADDRESS
from largesse.artifacts import certificates_abi
from largesse.chain import Wallet
from largesse.chainlogs import Decoder, Event, read_logs, topic_of
from largesse.clients.certificates import CLAIM_PAGE, NO_AUTHORIZATION, Certificates
from largesse.errors import LinkError
from largesse.gifts.commitments import BatchPlace, Gift
from largesse.gifts.links import GiftLink, key_address, new_link_key
from largesse.gifts.merkle import GiftLeaf, build
from largesse.terms.fields import UINT40_MAX

NO_MESSAGE = bytes(32)


def draft_links(
    certificates: Certificates,
    giver: str,
    series_id: int,
    amounts: Sequence[int],
    *,
    deliver_at: int = 0,
    reclaim_at: int = 0,
    base_url: str = CLAIM_PAGE,
) -> list[GiftLink]:
    """Bearer links with new keys, one for each amount, of a batch that nobody has funded yet: keep them
    before `give_many` does. Raises MerkleError, LinkError, AmountError for what no link can hold.
    """
    secrets = [new_link_key() for _ in amounts]
    keys = [key_address(secret) for secret in secrets]
    leaves = [
        GiftLeaf(index, key, ZERO_ADDRESS, amount, deliver_at, NO_MESSAGE)
        for index, (key, amount) in enumerate(zip(keys, amounts, strict=True))
    ]
    tree = build(leaves)
    limitation = certificates.terms(series_id).limitation_at
    now = certificates.node.now()
    links = []
    for leaf, secret in zip(leaves, secrets, strict=True):
        place = BatchPlace(tree.root, leaf.index, tuple(tree.proof(leaf.index)))
        gift = Gift(
            giver, leaf.key, ZERO_ADDRESS, series_id, leaf.amount, deliver_at, reclaim_at or UINT40_MAX, now,
            limitation, NO_MESSAGE, place,
        )  # fmt: skip
        links.append(GiftLink(base_url, certificates.node.chain_id, certificates.address, secret, gift, b""))
    return links


def give_many(certificates: Certificates, giver: Wallet, drafts: Sequence[GiftLink]) -> list[GiftLink]:
    """Fund drafted links; they come back with the second in which that was, once its block is final.

    Raises RefusedError (nothing is given then), ChainError, LinkError not_in_batch, wrong_giver.
    """
    gift, place = drafts[0].gift, _place(drafts[0].gift)
    if gift.giver != giver.address:
        raise LinkError("wrong_giver", f"these links are {gift.giver}'s, not {giver.address}'s")
    reclaim_at = 0 if gift.reclaim_at == UINT40_MAX else gift.reclaim_at
    function = certificates.contract.functions.giveMany(
        giver.address, gift.series_id, place.root, reclaim_at, NO_AUTHORIZATION
    )
    receipt = certificates.node.finalised(certificates.node.send(function, giver))
    return _made(drafts, certificates.node.block_time(receipt["blockNumber"]))


def find_given(certificates: Certificates, drafts: Sequence[GiftLink]) -> list[GiftLink] | None:
    """Drafted links as they were funded, or None where they were not."""
    root = _place(drafts[0].gift).root
    for event in _events(certificates, "GiftBatchGiven"):
        if event["root"] == root:
            made = _made(drafts, certificates.node.block_time(event.block))
            if event["batchId"] == made[0].gift.batch_id():  # and not somebody else's under the same root
                return made
    return None


def was_given(certificates: Certificates, links: Sequence[GiftLink]) -> bool:
    """Whether this chain knows of the gifts of one run, whoever has them by now."""
    gift = links[0].gift
    if gift.batch is not None:
        return find_given(certificates, links) is not None
    return bool(_events(certificates, "GiftGiven", topic_of(gift.key)))


def batch_remaining(certificates: Certificates, batch_id: bytes) -> int:
    """Unclaimed face of a batch."""
    return int(certificates.node.call(certificates.contract.functions.batchRemaining(batch_id)))


def is_taken(certificates: Certificates, gift: Gift) -> bool:
    """Whether a gift of a batch was claimed or taken back by itself. Raises LinkError not_in_batch."""
    functions, number = certificates.contract.functions, _place(gift).number
    return bool(certificates.node.call(functions.isClaimedFromBatch(gift.batch_id(), number)))


def _events(certificates: Certificates, name: str, *topics: str) -> list[Event]:
    decoder = Decoder(certificates_abi())
    node, first = certificates.node, certificates.first_block
    wanted = [decoder.topic(name), *topics]
    logs = read_logs(node, certificates.address, first, node.block_number(), topics=wanted)
    return [decoder.decode(log) for log in logs]


def _made(drafts: Sequence[GiftLink], second: int) -> list[GiftLink]:
    return [link.made_at(second) for link in drafts]


def _place(gift: Gift) -> BatchPlace:
    if gift.batch is None:
        raise LinkError("not_in_batch", "a single gift is in no batch")
    return gift.batch
