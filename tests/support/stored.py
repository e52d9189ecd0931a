"""The contracts of one currency on pyrevm, and their storage by its names."""

from __future__ import annotations

from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.stateful.evm import Abi, Chain, bytecode
from tools import layouts

GIVER = "0x" + "a1" * 20
NOW = 1_800_000_000
SERVICES = (
    *("AtomicSwaps", "CertificateMarket", "CertificateSales", "PrepaidAccounts", "RewardPools"),
    "StreamingTipEscrow",
)


class Parts:
    """The contracts of one currency, and their storage by its names."""

    def __init__(self) -> None:
        self.chain = Chain()
        self.chain.time = NOW
        names = ["string", "string", "uint8"]
        money = self.chain.deploy(bytecode("TestToken"), names, ["Money", "MNY", 6])
        art = self.chain.deploy(bytecode("CardArt"))
        gift = self.chain.deploy(bytecode("GiftCertificates"), ["address", "address"], [money, art])
        self.at = {"TestToken": money, "GiftCertificates": gift}
        self.at |= {name: self.chain.deploy(bytecode(name), ["address"], [gift]) for name in SERVICES}
        pieces = ("contracts/GiftCertificates.json", "contracts/CertificateBackOffice.json")
        self.abis = {name: Abi(f"contracts/{name}.json") for name in ("TestToken", *SERVICES)}
        self.abis["GiftCertificates"] = Abi(*pieces)
        self.layouts = layouts.compiled()

    def place(self, contract: str, variable: str, *keys: tuple[str, Any], member: str = "") -> int:
        """The slot of a mapping's value, behind `member` of the struct that it holds first."""
        layout = self.layouts[contract]
        entry = next(one for one in layout["storage"] if one["label"] == variable)
        slot, kind = int(entry["slot"]), layout["types"][entry["type"]]
        for type_, key in keys:
            if "members" in kind:
                inner = next(one for one in kind["members"] if one["label"] == member)
                slot, kind = slot + int(inner["slot"]), layout["types"][inner["type"]]
            slot = int.from_bytes(keccak(encode([type_, "uint256"], [key, slot])), "big")
            kind = layout["types"][kind["value"]]
        return slot

    def store(self, contract: str, slot: int, word: int) -> None:
        """Puts a word into a contract's storage."""
        self.chain.evm.insert_account_storage(self.at[contract], slot, word)

    def act(self, contract: str, function: str, *args: Any) -> tuple[Any, ...]:
        """What a function answers to GIVER."""
        abi = self.abis[contract]
        receipt = self.chain.send(GIVER, self.at[contract], abi.call(function, *args))
        assert receipt.succeeded, abi.error(receipt.output)
        return abi.result(function, receipt.output)
