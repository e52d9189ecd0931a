"""Streams: ours beside Sablier Flow, Sablier Lockup and Superfluid.

Rates are 100 base units a second, for ten days.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from bench.against.lab import DAY, NOON, PEER_FAILED, Lab, Missing, Row
from bench.against.superfluid import superfluid
from largesse.artifacts import artifact

SECTION: Final = "Streams"
SCALE: Final = 10**9
RATE: Final = 100 * SCALE
SABLIER_RATE: Final = 100 * 10**12
"""The same in Sablier Flow's 18 decimals."""
AMOUNT: Final = 100 * 10 * DAY
ITSELF: Final = (0, 0, False, b"")
NOBODY: Final = "0x" + "00" * 20
TIPPERS: Final = (1, 10, 100, 1_000, 2_000)
THEIRS: Final = (1, 10, 100)
BLOCK_GAS: Final = 30_000_000


@dataclass(frozen=True)
class Collected:
    """Gas of a collect by the number of tippers, by who made the contract."""

    by: dict[str, dict[int, int]]


def ours(lab: Lab) -> tuple[dict[str, int], dict[int, int]]:
    """Gas by the keys of bench/gas.json, and of a collect by the number of tippers."""
    found, loader = lives(lab)
    return found, _collects(lab, loader)


def lives(lab: Lab) -> tuple[dict[str, int], Any]:
    """Gas of what a payer does, by the keys of bench/gas.json; what makes many tippers."""
    payer, creator = lab.fund("holder", lab.jars.address), lab.person("creator").address
    lab.send(lab.token.functions.mint(creator, 1), lab.deployer)
    code = artifact("TipperLoader")
    loader = lab.create(code.abi, code.creation_code, lab.jars.address, lab.token.address, SCALE)
    jar, act = int(creator, 16), lab.jars.functions
    lab.at(NOON - DAY)
    lab.send(loader.functions.load(jar, 1, 11 * DAY + 1_000, 0), lab.deployer)
    found = {}

    def opened(index: int, seconds: int, time: int) -> tuple[Any, int]:
        lab.at(time)
        key = (payer, jar, index)
        return key, lab.gas(act.open(key, RATE, 100 * seconds, ITSELF), payer)

    opened(100, 10 * DAY, NOON - 50)
    opened(101, 11 * DAY, NOON - 49)
    opened(102, 20 * DAY, NOON - 48)
    key, found["jars.open"] = opened(1, 10 * DAY, NOON)
    lab.note("jars.open")
    lab.at(NOON + 100)
    found["jars.top_up"] = lab.gas(act.topUp(key, payer, 100 * DAY, ITSELF), payer)
    key, _ = opened(2, 10 * DAY, NOON + 200)
    lab.at(NOON + 300)
    found["jars.cancel"] = lab.gas(act.cancel(key, ITSELF), payer)
    lab.note("jars.cancel")
    key, _ = opened(3, 10 * DAY, NOON + 400)
    lab.at(NOON + 402)
    found["jars.change_rate"] = lab.gas(act.changeRate(key, RATE // 2, ITSELF), payer)
    return found, loader


def _collects(lab: Lab, loader: Any) -> dict[int, int]:
    """Each number of tippers has a jar of its own; nothing ends on the day of the collect."""
    found = {}
    for count, name in zip(TIPPERS, ("issuer", "giver", "merchant", "recipient", "stranger"), strict=True):
        creator = lab.person(name).address
        jar = int(creator, 16)
        lab.send(lab.token.functions.mint(creator, 1), lab.deployer)
        start = lab.time + 60
        lab.at(start)
        for _ in range(0, count, 100):
            lab.send(loader.functions.load(jar, min(count, 100), 20 * DAY, 60), lab.deployer)
        lab.send(lab.jars.functions.collect(jar, 0), creator)
        lab.at(start + 3_600)
        before = lab.token.functions.balanceOf(creator).call()
        found[count] = lab.gas(lab.jars.functions.collect(jar, 100), creator)
        if lab.token.functions.balanceOf(creator).call() - before < 3_000 * count:
            raise RuntimeError(f"a collect from {count} tippers paid too little")
    return found


def comptroller(lab: Lab) -> str:
    """Sablier's, behind its proxy, with no fee and no oracle."""
    made = lab.published("@sablier/evm-utils/artifacts/SablierComptroller.json", lab.deployer)
    start = made.encode_abi("initialize", [lab.deployer, 0, 0, 0, 0, NOBODY])
    proxy = lab.published("@sablier/evm-utils/artifacts/ERC1967Proxy.json", made.address, start)
    return str(proxy.address)


def _withdrawals(lab: Lab, contract: Any, payee: str, make: Callable[[], int]) -> dict[int, int]:
    """Gas of `withdrawMax` of each of so many streams, all in one `batch` but for one alone; each stream has
    been withdrawn from before, as ours have been collected."""
    found = {}
    for count in THEIRS:
        streams = [make() for _ in range(count)]
        calls = [contract.encode_abi("withdrawMax", [stream, payee]) for stream in streams]
        for stage in (0, 1):
            lab.at(lab.time + 3_600)
            before = lab.token.functions.balanceOf(payee).call()
            call = contract.functions.batch(calls)
            if count == 1:
                call = contract.functions.withdrawMax(streams[0], payee)
            found[count] = lab.gas(call, payee)
            if lab.token.functions.balanceOf(payee).call() == before:
                raise RuntimeError(f"withdrawal {stage} from {count} streams paid nothing")
    return found


def flow(lab: Lab) -> tuple[dict[str, int], dict[int, int]]:
    """Sablier Flow's: open and fund, top up, change the rate, cancel; then its withdrawals."""
    payee = lab.person("merchant").address
    image = lab.published("@sablier/flow/artifacts/FlowNFTDescriptor.json")
    flows = lab.published("@sablier/flow/artifacts/SablierFlow.json", comptroller(lab), image.address)
    payer, act, found = lab.fund("holder", flows.address), flows.functions, {}
    lab.send(lab.token.functions.mint(flows.address, 1), lab.deployer)

    def make() -> int:
        stream = int(act.nextStreamId().call())
        terms = (payer, payee, SABLIER_RATE, 0, lab.token.address, True, AMOUNT)
        found["jars.open"] = lab.gas(act.createAndDeposit(*terms), payer)
        return stream

    make()
    stream = make()
    lab.at(lab.time + 100)
    found["jars.top_up"] = lab.gas(act.deposit(stream, 100 * DAY, payer, payee), payer)
    lab.at(lab.time + 100)
    found["jars.change_rate"] = lab.gas(act.adjustRatePerSecond(stream, SABLIER_RATE // 2), payer)
    stream = make()
    lab.at(lab.time + 100)
    calls = [flows.encode_abi("refundMax", [stream]), flows.encode_abi("void", [stream])]
    found["jars.cancel"] = lab.gas(act.batch(calls), payer)
    return found, _withdrawals(lab, flows, payee, make)


def lockup(lab: Lab) -> tuple[dict[str, int], dict[int, int]]:
    """Sablier Lockup's linear stream: open, cancel; then its withdrawals."""
    payee = lab.person("merchant").address
    folder = "@sablier/lockup/artifacts/"
    names = ("LockupMath", "LockupHelpers")
    libraries = {name: str(lab.published(f"{folder}libraries/{name}.json").address) for name in names}
    image = lab.published(f"{folder}LockupNFTDescriptor.json")
    made = lab.published(f"{folder}SablierLockup.json", comptroller(lab), image.address, libraries=libraries)
    payer, act, found = lab.fund("holder", made.address), made.functions, {}
    lab.send(lab.token.functions.mint(made.address, 1), lab.deployer)

    def make() -> int:
        stream = int(act.nextStreamId().call())
        terms = (payer, payee, AMOUNT, lab.token.address, True, True, "")
        found["jars.open"] = lab.gas(act.createWithDurationsLL(terms, (0, 0), 0, (0, 10 * DAY)), payer)
        return stream

    make()
    stream = make()
    lab.at(lab.time + 100)
    found["jars.cancel"] = lab.gas(act.cancel(stream), payer)
    return found, _withdrawals(lab, made, payee, make)


WORK: Final = {
    "jars.open": "open and fund",
    "jars.top_up": "top up",
    "jars.cancel": "cancel and refund",
    "jars.change_rate": "change the rate",
    "jars.collect_1": "collect from 1",
    "jars.collect_10": "collect from 10",
    "jars.collect_100": "collect from 100",
    "jars.collect_2000": "collect from 2,000",
    "jars.collect_100000": "collect from 100,000",
    "jars.collect_year_backlog": "collect a year in which something ended every day",
}
SETUP: Final = {
    "Sablier Flow 3.0.1": "npm artifacts, comptroller behind its proxy, no fee; `batch` of `withdrawMax`",
    "Sablier Lockup 4.0.1": "npm artifacts and libraries, linear stream, no fee; `batch` of `withdrawMax`",
    "Superfluid 1.15.2": "npm artifacts, by its own framework deployer; opening and topping up wrap the "
    "currency, cancelling and collecting unwrap it; a flow goes on into debt until somebody liquidates it",
}


PEERS: Final = (
    ("Sablier Flow 3.0.1", flow),
    ("Sablier Lockup 4.0.1", lockup),
    ("Superfluid 1.15.2", superfluid),
)
GROWS: Final = 1_000
"""Gas a tipper from which on a collect grows with their number."""


def measure(lab: Lab) -> tuple[list[Row], list[Missing], Collected]:
    """The section. Raises where ours could not be measured."""
    mine, collects = ours(lab)
    curves, rows, missing = {"Largesse": collects}, [], []
    for peer, measured in PEERS:
        try:
            theirs, withdrawn = measured(lab)
        except PEER_FAILED as error:
            missing.append(Missing(peer, f"{type(error).__name__}: {str(error)[:200]}"))
            continue
        curves[peer] = withdrawn
        for key, gas in theirs.items():
            rows.append(Row(SECTION, WORK[key], peer, mine[key], gas, SETUP[peer], key))
        for count, gas in withdrawn.items():
            work, key = WORK[f"jars.collect_{count}"], "" if count == 10 else f"jars.collect_{count}"
            rows.append(Row(SECTION, work, peer, collects[count], gas, SETUP[peer], key))
        each = (withdrawn[100] - withdrawn[10]) // 90
        if each < GROWS:
            continue
        room = f"at {each:,} gas a stream some {BLOCK_GAS // each:,} fill a block of {BLOCK_GAS:,} gas"
        rows.append(Row(SECTION, WORK["jars.collect_2000"], peer, collects[2_000], None, room))
    return rows, missing, Collected(curves)
