"""What the work of certificates, streams and prepaid accounts costs by hand: `make floors`.

The contracts of bench/floors/ do it by hand, without checks of input, with the storage, the events and the
calldata of ours. The floor with rule 8 measures what arrives and leaves (two `balanceOf`); the other one
trusts the currency, as the references in the goals did. Writes bench/FLOORS.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from eth_abi.abi import encode
from eth_typing import ChecksumAddress, HexStr
from web3 import Web3
from web3.types import TxParams

from bench import certificate_floors
from bench.items import KINDS, items
from largesse import curve
from largesse.artifacts import artifact
from largesse.nodes import development_node
from largesse.signing import address_of, keccak
from tools.compiler import compile_contract

HERE: Final = Path(__file__).resolve().parent
DAY: Final = 86_400
PURSE: Final = 10**15
DOMAIN: Final = keccak(b"a domain separator")
GOALS: Final = certificate_floors.GOALS | {
    "jars.open": 82_000,
    "jars.top_up": 58_000,
    "jars.cancel": 55_000,
    "accounts.open": 90_000,
    "accounts.top_up": 47_000,
    "accounts.settle_1": 51_800,
}
_CONSENT: Final = (0, 0, False, b"")
_CONSENT_TYPE: Final = "(uint64,uint40,bool,bytes)"


class Bench:
    """A node, a currency of 6 decimals, a payer and who is paid.

    `parts` has the items of each call that was noted last, where the node gives traces.
    """

    def __init__(self, web3: Web3, *, traces: bool = False) -> None:
        self.web3, self.traces = web3, traces
        self.parts: dict[str, dict[str, int]] = {}
        people: Sequence[ChecksumAddress] = web3.eth.accounts
        self.deployer, self.payer, self.seller = people[0], people[1], people[2]
        token = artifact("TestToken")
        self.token: Any = self.web3.eth.contract(
            address=self.create(
                token.creation_code, ["string", "string", "uint8"], ["Test Dollar", "TUSD", 6]
            ),
            abi=token.abi,
        )

    def create(self, code: bytes, kinds: list[str], values: list[Any]) -> Any:
        """The new contract's address."""
        sent = self.web3.eth.send_transaction(
            {"from": self.deployer, "data": HexStr("0x" + (code + encode(kinds, values)).hex())}
        )
        return self.web3.eth.wait_for_transaction_receipt(sent)["contractAddress"]

    def floor(self, name: str, *, measured: bool, domain: bytes | None = None) -> Any:
        """A floor contract that holds money of a payer which has approved."""
        kinds = ["address", "bool", *(["bytes32"] if domain else [])]
        values = [self.token.address, measured, *([domain] if domain else [])]
        made = self.create(compile_contract(name, {}, folder="bench/floors"), kinds, values)
        for who, amount in ((self.payer, PURSE), (self.seller, 1), (made, 10**9)):
            self.token.functions.mint(who, amount).transact({"from": self.deployer})
        self.token.functions.approve(made, 2**256 - 1).transact({"from": self.payer})
        return made

    def gas(self, sender: str, to: Any, number: int, kinds: list[str], values: list[Any]) -> int:
        """Of one call; its selector has no zero bytes, as most have none."""
        data = bytes([number, 0xAA, 0xAA, 0xAA]) + encode(kinds, values)
        call: TxParams = {"from": sender, "to": to, "data": HexStr("0x" + data.hex()), "gas": 1_000_000}
        self.sent = self.web3.eth.send_transaction(call).to_0x_hex()
        receipt = self.web3.eth.wait_for_transaction_receipt(HexStr(self.sent))
        if receipt["status"] != 1:
            sys.exit(f"call {number} of a floor failed")
        return int(receipt["gasUsed"])

    # -------------------------------------------------------------------------------------------- the work

    def note(self, key: str) -> None:
        """The last call is the work `key`."""
        if self.traces:
            self.parts[key] = items(self.web3, self.sent)

    def accounts(self, *, measured: bool) -> dict[str, int]:
        floor = self.floor("AccountFloors", measured=measured, domain=DOMAIN)
        key = keccak(b"a session key")
        opening = ["address", "uint256", "address", "uint256", "uint256", "uint256"]
        found = {}
        for salt in (1, 1_000):
            values = [self.seller, salt, address_of(key), DAY, 0, 50_000_000]
            found["accounts.open"] = self.gas(self.payer, floor, 2, opening, values)
        self.note("accounts.open")
        owner = bytes.fromhex(self.payer[2:])
        index = int.from_bytes(keccak(owner + (1).to_bytes(12, "big"))[:8], "big")
        top_up = ["address", "uint256", "uint256"]
        found["accounts.top_up"] = self.gas(self.payer, floor, 1, top_up, [self.seller, index, 50_000_000])
        self.note("accounts.top_up")
        for amount in (1, 1_001):
            row = self._row(key, index, amount)
            found["accounts.settle_1"] = self.gas(
                self.seller, floor, 3, ["address", "bytes"], [self.seller, row]
            )
        self.note("accounts.settle_1")
        return found

    def _row(self, key: bytes, index: int, amount: int) -> bytes:
        """A settlement's: index, amount, compact signature of the floor's voucher."""
        words = [0x3333, int(self.seller, 16), int(self.token.address, 16), index, amount]
        struct = keccak(b"".join(word.to_bytes(32, "big") for word in words))
        signature = curve.sign(keccak(b"\x19\x01" + DOMAIN + struct), key)
        vs = int.from_bytes(signature[32:64], "big") | signature[64] << 255
        return index.to_bytes(8, "big") + amount.to_bytes(6, "big") + signature[:32] + vs.to_bytes(32, "big")

    def jars(self, *, measured: bool) -> dict[str, int]:
        floor, jar = self.floor("JarFloors", measured=measured), int(self.seller, 16)
        key = "(address,uint256,uint256)"

        def opened(index: int, days: int) -> int:
            kinds = [key, "uint256", "uint256", _CONSENT_TYPE]
            return self.gas(
                self.payer, floor, 1, kinds, [(self.payer, jar, index), 100, 100 * days * DAY, _CONSENT]
            )

        # Something else ends on each of the two days, before and after: the steady state.
        for index, days in ((1, 30), (2, 31), (4, 30)):
            opened(index, days)
        found = {"jars.open": opened(3, 30)}
        self.note("jars.open")
        kinds = [key, "address", "uint256", _CONSENT_TYPE]
        values = [(self.payer, jar, 3), self.payer, 100 * DAY, _CONSENT]
        found["jars.top_up"] = self.gas(self.payer, floor, 2, kinds, values)
        self.note("jars.top_up")
        values = [(self.payer, jar, 1), _CONSENT]
        found["jars.cancel"] = self.gas(self.payer, floor, 3, [key, _CONSENT_TYPE], values)
        self.note("jars.cancel")
        return found


def arithmetic(parts: dict[str, dict[str, int]]) -> list[str]:
    """A table of what the floors with rule 8 pay for, and what that leaves of the goals."""
    due = {key: sum(paid.values()) - paid["own work"] for key, paid in parts.items()}
    rows = [
        f"| `{key}` | " + " | ".join(f"{paid[kind]:,}" for kind in KINDS) + f" | {GOALS[key] - due[key]:,} |"
        for key, paid in parts.items()
    ]
    return [
        "",
        "What the floors with rule 8 pay for, item by item, from the node's trace. A slot counts where it is",
        "read cold; a written one was read before, but for the first of `accounts.open`, whose 2,100 are in",
        "what it costs to write it. *Currency* is its calls, with what it does. *Own work* is everything",
        "else: dispatch, checks, hashes, memory, the guard, arithmetic. *Left* is the goal less all items",
        "but own work: what a contract may spend on it.",
        "",
        f"| work | {' | '.join(KINDS)} | left |",
        "|---|" + "---:|" * (len(KINDS) + 1),
        *rows,
    ]


class Floors(NamedTuple):
    """Gas by the keys of bench/gas.json, and the items of what the first ones pay for."""

    rule_8: dict[str, int]
    trusting: dict[str, int]
    parts: dict[str, dict[str, int]]


def measure() -> Floors:
    """All floors, on a node of their own."""
    with development_node(traces=True) as url:
        bench = Bench(Web3(Web3.HTTPProvider(url)), traces=True)
        rule_8 = bench.jars(measured=True) | bench.accounts(measured=True)
        parts = dict(bench.parts)
        trusting = bench.jars(measured=False) | bench.accounts(measured=False)
        cards, cards_trusting, cards_parts = certificate_floors.compare(bench)
    return Floors(rule_8 | cards, trusting | cards_trusting, cards_parts | parts)


def main() -> None:
    """Measure, and write bench/FLOORS.md."""
    ours = json.loads((HERE / "gas.json").read_text(encoding="utf-8"))
    rule_8, trusting, parts = measure()
    lines = [
        "# Floors",
        "",
        "Written by `make floors`. Each floor is a contract of `bench/floors/`, by hand in assembly: the",
        "storage, events and calldata of ours, no check of input, no signature path, no error. *With rule",
        "8* it measures what arrives and leaves, which two `balanceOf` cost; *trusting* it does not, and a",
        "currency that keeps a fee or lies would break the books; giving and claiming move no currency. Ours",
        "are of `bench/gas.json`. These are the best that we could write, no proof that nobody writes better",
        "ones.",
        "",
        "| work | ours | floor with rule 8 | floor, trusting | goal | |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for key, goal in GOALS.items():
        if ours[key] <= goal:
            word = "met"
        elif rule_8[key] > goal:
            word = f"missed, and so does the floor, by {rule_8[key] - goal:,}"
        else:
            word = f"missed by {ours[key] - goal:,}"
        lines.append(f"| `{key}` | {ours[key]:,} | {rule_8[key]:,} | {trusting[key]:,} | {goal:,} | {word} |")
    lines += arithmetic(parts)
    (HERE / "FLOORS.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
