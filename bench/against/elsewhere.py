"""The works that the goals name and the run does not do, or not beside that peer: figures of elsewhere.

They were measured once on the peers' own code, when the project's goals were set: by nothing in this tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from bench.against import certificates, micropayments, streams
from bench.against.lab import Row

WORK: Final = {certificates.SECTION: certificates.WORK, streams.SECTION: streams.WORK,
               micropayments.SECTION: micropayments.WORK}  # fmt: skip
FLOW, LOCKUP, SUPERFLUID = (name for name, _ in streams.PEERS)
NO_BLOCK: Final = "impossible in a block"
NOBODY: Final = "none"
ALONE: Final = "the goals have no peer's figure for it"
BATCH: Final = "x402 batch settlement"
BY_ALLOWANCE: Final = "ours by allowance, theirs gasless by EIP-3009"
PAYOUT: Final = "vouchers of 1,000 calls each; ours pays out, theirs without payout"
PUBLISHED: Final = {1: 48_357, 10: 23_845, 100: 21_424, 500: 21_369}
"""x402's batch settlement a payer, by the number of payers, its payout left out."""
FIGURES: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("certificates.redeem", "bidali", "30.9 k", "its spend pays nobody"),
    ("certificates.redeem", "Boson", "143–153 k", ""),
    ("certificates.redeem_named", NOBODY, "", ALONE),
    ("certificates.redeem_signed", NOBODY, "", ALONE),
    ("certificates.redeem_signed_usdc", NOBODY, "", ALONE),
    ("certificates.redeem_signed_order_used", NOBODY, "", ALONE),
    ("certificates.redeem_signed_order_fresh", NOBODY, "", ALONE),
    ("certificates.redeem_batch_100_each", NOBODY, "", ALONE),
    ("certificates.give", "Peanut, ERC-20", "152,949", ""),
    ("certificates.give", "Peanut, ERC-1155", "170,338", ""),
    ("certificates.claim_new", "Peanut", "85,514", ""),
    ("certificates.claim_new", "Merkle claim", "77,478", ""),
    ("certificates.claim_known", "Peanut", "68,426", ""),
    ("certificates.claim_known", "Merkle claim", "60,348", ""),
    ("certificates.give_many_1000", "Peanut", "linear", "a batch takes as much for each link"),
    ("jars.open", "LlamaPay", "118,051", "83,863 of a payer that it knows"),
    ("jars.open", "Drips", "177–197 k", ""),
    ("jars.top_up", "LlamaPay", "51,933", ""),
    ("jars.top_up", "Drips", "120–141 k", ""),
    ("jars.cancel", "LlamaPay", "71,243", ""),
    ("jars.cancel", "Drips", "98,574", ""),
    ("jars.change_rate", "LlamaPay", "85,652", ""),
    ("jars.change_rate", "Drips", "124,029", ""),
    ("jars.collect_1", "LlamaPay", "64,957", ""),
    ("jars.collect_1", "Drips", "140,358", ""),
    ("jars.collect_100", "LlamaPay", "2,718,436", ""),
    ("jars.collect_100", "Drips", "140,358", ""),
    ("jars.collect_100000", FLOW, NO_BLOCK, ""),
    ("jars.collect_100000", LOCKUP, NO_BLOCK, ""),
    ("jars.collect_100000", "LlamaPay", NO_BLOCK, ""),
    ("jars.collect_100000", "Drips", "140,358", "at a cycle's end"),
    ("jars.collect_100000", SUPERFLUID, "192,084", ""),
    ("jars.collect_year_backlog", "LlamaPay", "350 k", "54 weeks, in each of which something ended"),
    ("accounts.settle_1", "Orchid", "68,755", ""),
    ("accounts.settle_1", "Livepeer", "≥ 94,154", ""),
    ("accounts.settle_10_each", "Orchid", "39,770", ""),
    ("accounts.settle_10_each", "Livepeer", "≥ 67,007", ""),
    ("accounts.settle_100_each", "Orchid", "36,867", ""),
    ("accounts.settle_100_each", "Livepeer", "≥ 63,473", ""),
    ("accounts.open", BATCH, "115,892", BY_ALLOWANCE),
    ("accounts.open", "microraiden", "91,223", ""),
    ("accounts.top_up", BATCH, "94,936", BY_ALLOWANCE),
    ("accounts.top_up", "microraiden", "57,249", ""),
    ("accounts.hash_lock_extra", NOBODY, "", ALONE),
    *((f"accounts.settle_{count}" + "_each" * (count > 1), BATCH, f"{gas:,}", PAYOUT)
      for count, gas in PUBLISHED.items()),
)  # fmt: skip
"""Key of bench/gas.json, peer, figure, what is said of it."""
HTTP: Final = "[HTTP.md](HTTP.md)"
APART: Final = "measured apart, as a ratio in one run"


def rows(mine: Mapping[str, int], committed: Mapping[str, int]) -> list[Row]:
    """A row for each figure. `mine`: ours of this run by the keys of bench/gas.json, which has the others."""
    works = {key: (section, work) for section, of in WORK.items() for key, work in of.items()}
    found = [
        Row(*works[key], peer, mine.get(key, committed[key]), None, setup, key, figure, ran=key in mine)
        for key, peer, figure, setup in FIGURES
    ]
    section, each = micropayments.SECTION, mine["accounts.settle_500_each"] / micropayments.CALLS
    found += [
        Row(section, micropayments.ONE, "x402 `upto`", mine["accounts.settle_1"], None, "", "",
            "65,744–83,216", micropayments.AVOID),
        Row(section, micropayments.EACH, BATCH, each, None, PAYOUT, "", "21.5", micropayments.EACH_GOAL),
    ]  # fmt: skip
    for work, peer, goal in (
        (micropayments.VERIFY, "x402 package with coincurve", "8 × theirs"),
        (micropayments.PAID, "x402 FastAPI middleware", "2 × theirs"),
    ):
        found.append(Row(section, work, peer, None, None, APART, "", HTTP, goal))
    return found


def in_order(rows: Iterable[Row]) -> list[Row]:
    """By section and work, as the goals have them; of one work those that were run first."""
    works = [(section, work) for section, of in WORK.items() for work in of.values()]
    return sorted(rows, key=lambda row: (works.index((row.section, row.work)), row.theirs is None))
