"""Which deployed contracts a file is part of, which machine lives them and which tests try them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from posixpath import normpath

from tests.stateful import (
    accounts_machine,
    jars_machine,
    machine,
    orders_machine,
    pools_machine,
    spending_machine,
    swaps_machine,
)
from tools.mutants.draw import ROOT

Live = Callable[..., object]
MACHINES: dict[str, Live] = {
    "HeldOrders": orders_machine.live,
    "AtomicSwaps": swaps_machine.live,
    "RewardPools": pools_machine.live,
    "ItemShop": spending_machine.live,
    "UniswapV2Payout": spending_machine.live,
    "PrepaidAccounts": accounts_machine.live,
    "GiftCertificates": machine.live,
    "StreamingTipEscrow": jars_machine.live,
}
# What compiles and lives quickly comes first: a file of many contracts is tried in this order.
ORDER = (*MACHINES, "LargesseFactory", "CardArt", "CertificateLens", "CertificateMarket", "CertificateSales")
# Deployed by another contract's constructor: its code holds theirs.
WITHIN = {"CertificateBackOffice": "GiftCertificates", "JarBackOffice": "StreamingTipEscrow"}
# Beside tests/unitary/<Contract>: where else a contract is tried, by the beginning of the file's name.
ALSO = {
    "GiftCertificates": (
        "attacks/test_gift_", "attacks/test_order_squatting", "attacks/test_poisoned_batch",
        "attacks/test_raw_calldata", "attacks/test_reentrancy", "attacks/test_refund_rights",
        "attacks/test_restore", "attacks/test_signature_replay", "attacks/test_starved",
        "attacks/test_limits", "attacks/test_fake_service", "findings/", "zoo/test_odd_tokens",
        "zoo/test_eip7702",
    ),
    "StreamingTipEscrow": ("attacks/test_jar_", "findings/", "zoo/test_jars_accounts"),
    "PrepaidAccounts": ("attacks/test_accounts_", "findings/", "zoo/test_accounts_wallets"),
    "HeldOrders": ("attacks/test_orders", "findings/"),
    "AtomicSwaps": ("attacks/test_swaps", "findings/"),
    "RewardPools": ("attacks/test_rewards_", "findings/"),
    "ItemShop": ("attacks/test_items", "findings/"),
    "UniswapV2Payout": ("attacks/test_payout", "findings/"),
    "CertificateMarket": ("attacks/test_market", "zoo/test_seaport"),
    "CertificateSales": ("findings/",),
}  # fmt: skip
IMPORT = re.compile(r'^(?:import .*?|\} )from "([^"]+)";', re.MULTILINE)


def targets(files: Mapping[str, str]) -> dict[str, list[str]]:
    """By file: the deployed contracts whose code it may change, in the order in which they are tried."""
    found: dict[str, list[str]] = {path: [] for path in files}
    for contract in ORDER:
        for path in _closure(f"contracts/{contract}.sol", files):
            found[path].append(contract)
    return found


def _closure(path: str, files: Mapping[str, str]) -> set[str]:
    """The file and whatever it imports, here."""
    seen: set[str] = set()
    ahead = [path]
    while ahead:
        here = ahead.pop()
        if here in files and here not in seen:
            seen.add(here)
            folder = PurePosixPath(here).parent
            ahead += [normpath(folder / name) for name in IMPORT.findall(files[here]) if name[0] == "."]
    return seen


def files_of(contract: str, function: str) -> list[str]:
    """Test files of a contract; those first that are named like the function."""
    folder = ROOT / "tests"
    own = sorted(folder.glob(f"unitary/{contract}/test_*.py"))
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+", function)}
    own.sort(key=lambda path: -len(words & set(path.stem.split("_"))))
    also = [path for prefix in ALSO.get(contract, ()) for path in sorted(folder.glob(f"{prefix}*.py"))]
    return [path.relative_to(ROOT).as_posix() for path in [*own, *also] if path.name.startswith("test_")]
