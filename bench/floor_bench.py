"""A node on which the floors do their work: each call's gas, and what it pays for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Final

from eth_abi.abi import encode
from eth_typing import ChecksumAddress, HexStr
from web3 import Web3
from web3.types import TxParams

from bench import plain_token
from bench.items import items
from largesse import curve
from largesse.artifacts import artifact
from largesse.eip712 import address_of, keccak
from tools.compiler import compile_contract

DAY: Final = 86_400
PURSE: Final = 10**15
DOMAIN: Final = keccak(b"a domain separator")
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
                plain_token.creation_code(), ["string", "string", "uint8"], ["Test Dollar", "TUSD", 6]
            ),
            abi=token.abi,
        )

    def create(self, code: bytes, kinds: list[str], values: list[Any]) -> Any:
        """The new contract's address."""
        sent = self.web3.eth.send_transaction(
            {"from": self.deployer, "data": HexStr("0x" + (code + encode(kinds, values)).hex())}
        )
        return self.web3.eth.wait_for_transaction_receipt(sent)["contractAddress"]

    def floor(self, name: str, *, measured: bool, domain: bytes | None = None, token: Any = None) -> Any:
        """A floor contract that holds money of a payer which has approved. `token`: a currency other than
        the bench's, which the deployer may mint."""
        token = token or self.token
        kinds = ["address", "bool", *(["bytes32"] if domain else [])]
        values = [token.address, measured, *([domain] if domain else [])]
        made = self.create(compile_contract(name, {}, folder="bench/floors"), kinds, values)
        for who, amount in ((self.payer, PURSE), (self.seller, 1), (made, 10**9)):
            token.functions.mint(who, amount).transact({"from": self.deployer})
        token.functions.approve(made, 2**256 - 1).transact({"from": self.payer})
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
