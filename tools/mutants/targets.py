"""Which deployed contracts a file is part of, which machine lives them and which tests try them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from posixpath import normpath

from tests.stateful.accounts import machine as accounts_machine
from tests.stateful.certificates import machine as certificates_machine
from tests.stateful.jars import machine as jars_machine
from tests.stateful.market import machine as market_machine
from tests.stateful.orders import machine as orders_machine
from tests.stateful.pools import machine as pools_machine
from tests.stateful.sales import machine as sales_machine
from tests.stateful.spending import machine as spending_machine
from tests.stateful.swaps import machine as swaps_machine
from tools.mutants.draw import ROOT

Live = Callable[..., object]
MACHINES: dict[str, Live] = {
    "HeldOrders": orders_machine.live,
    "AtomicSwaps": swaps_machine.live,
    "RewardPools": pools_machine.live,
    "ItemShop": spending_machine.live,
    "UniswapV2Payout": spending_machine.live,
    "PrepaidAccounts": accounts_machine.live,
    "CertificateMarket": market_machine.live,
    "CertificateSales": sales_machine.live,
    "GiftCertificates": certificates_machine.live,
    "StreamingTipEscrow": jars_machine.live,
}
# What compiles and lives quickly comes first: a file of many contracts is tried in this order.
ORDER = (*MACHINES, "LargesseFactory", "CardArt", "CertificateLens")
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


def digests(files: Mapping[str, str]) -> dict[str, str]:
    """By file: a digest of all sources of the contracts that it is part of. What was found out about a mutant
    of the file holds as long as it is the same."""
    found = {}
    for path, contracts in targets(files).items():
        whole = set().union(*(_closure(f"contracts/{contract}.sol", files) for contract in contracts))
        text = repr(sorted((name, files[name]) for name in whole))
        found[path] = hashlib.sha256(text.encode()).hexdigest()[:12]
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


def files_of(contract: str, function: str, files: Mapping[str, str]) -> list[str]:
    """Test files of a contract. Those of the functions that lead to the changed one come first."""
    folder = ROOT / "tests"
    near = _callers(function, [files[path] for path in _closure(f"contracts/{contract}.sol", files)])
    own = sorted(folder.glob(f"unitary/{contract}/test_*.py"))
    own.sort(key=lambda path: near.get(path.stem.removeprefix("test_"), len(near)))
    also = [path for prefix in ALSO.get(contract, ()) for path in sorted(folder.glob(f"{prefix}*.py"))]
    tests = [path for path in [*own, *also] if path.name.startswith("test_") and not _compares(path)]
    return [path.relative_to(ROOT).as_posix() for path in tests]


def _compares(path: Path) -> bool:
    """Whether a test begins with a deployment by the scripts, which finds every change of code wrong."""
    return "desk: Desk" in path.read_text()


def _callers(function: str, sources: Iterable[str]) -> dict[str, int]:
    """Names of functions, as tests are named after them, by the number of calls that lie between."""
    bodies = [part.partition("(")[::2] for source in sources for part in re.split(r"\bfunction ", source)[1:]]
    found = {function: 0}
    ahead = [function]
    for name in ahead:
        word = re.compile(rf"\b{re.escape(name)}\b")
        for caller, body in bodies:
            if caller not in found and name and word.search(body):
                found[caller] = found[name] + 1
                ahead.append(caller)
    return {re.sub(r"(?<!^)(?=[A-Z])", "_", name.lstrip("_")).lower(): far for name, far in found.items()}
