"""The real Seaport 1.6, from the bytecode that ``@opensea/seaport-js`` publishes, and orders of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brownie import web3

from largesse.eip712 import keccak, sign_digest

ARTIFACTS = (
    Path(__file__).resolve().parents[2] / "node_modules/@opensea/seaport-js/src/artifacts/seaport/contracts"
)
ZERO, NO_KEY = "0x" + "00" * 20, bytes(32)
ERC20, ERC1155 = 1, 3
"""`ItemType`."""
PARTIAL_OPEN = 1
"""`OrderType`: anybody may fill it, in parts."""

SignedOrder = tuple[tuple[Any, ...], bytes]


def _deploy(path: str, sender: str, *args: Any) -> Any:
    artifact = json.loads((ARTIFACTS / path).read_text(encoding="utf-8"))
    factory = web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
    sent = factory.constructor(*args).transact({"from": sender, "gas": 20_000_000})
    address = web3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
    return web3.eth.contract(address=address, abi=artifact["abi"])


@dataclass(frozen=True)
class Seaport:
    """Seaport and its conduit controller, deployed."""

    contract: Any

    @property
    def address(self) -> str:
        return str(self.contract.address)

    @classmethod
    def deploy(cls, sender: object) -> Seaport:
        controller = _deploy("conduit/ConduitController.sol/LocalConduitController.json", str(sender))
        return cls(_deploy("Seaport.sol/Seaport.json", str(sender), controller.address))

    def order(
        self,
        seller: object,
        key: bytes,
        sold: tuple[object, int, int],
        paid: list[tuple[object, object, int]],
        until: int,
    ) -> SignedOrder:
        """`OrderParameters` and the seller's signature. `sold`: ERC-1155, id, amount; `paid`: ERC-20, to,
        amount."""
        token, series, amount = sold
        offer = [(ERC1155, str(token), series, amount, amount)]
        consideration = [(ERC20, str(money), 0, due, due, str(to)) for money, to, due in paid]
        head = (str(seller), ZERO, offer, consideration, PARTIAL_OPEN, 0, until, NO_KEY, 7, NO_KEY)
        functions = self.contract.functions
        counter = functions.getCounter(str(seller)).call()
        order_hash = functions.getOrderHash((*head, counter)).call()
        separator = functions.information().call()[1]
        signature = sign_digest(keccak(b"\x19\x01" + separator + order_hash), key)
        return (*head, len(paid)), signature

    def fill(
        self, order: tuple[tuple[Any, ...], bytes], buyer: object, part: tuple[int, int] = (1, 1)
    ) -> Any:
        """The receipt of buying `part` (numerator, denominator) of an order; reverts as Seaport does."""
        advanced = (order[0], *part, order[1], b"")
        call = self.contract.functions.fulfillAdvancedOrder(advanced, [], NO_KEY, ZERO)
        sent = call.transact({"from": str(buyer)})
        return web3.eth.wait_for_transaction_receipt(sent)
