"""An ItemShop from Python: merchants list ERC-1155 items, certificates buy them. Amounts are base units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from eth_abi.abi import encode
from web3 import Web3
from web3.contract import Contract
from web3.types import TxReceipt

from largesse.artifacts import items_abi
from largesse.chain import Wallet
from largesse.clients.service import Service, ServiceError
from largesse.eip712 import Domain, items_domain

_ERC1155_ABI = [
    {
        "type": "function",
        "name": name,
        "inputs": [{"name": "", "type": kind} for kind in inputs],
        "outputs": [{"name": "", "type": kind} for kind in outputs],
        "stateMutability": "view" if outputs else "nonpayable",
    }
    for name, inputs, outputs in (
        ("balanceOf", ["address", "uint256"], ["uint256"]),
        ("isApprovedForAll", ["address", "address"], ["bool"]),
        ("setApprovalForAll", ["address", "bool"], []),
    )
]


@dataclass(frozen=True)
class Item:
    """`item_id` of the ERC-1155 `collection`, at `price` for one."""

    collection: str
    item_id: int
    price: int

    def as_tuple(self) -> tuple[str, int, int]:
        """As the contract takes it."""
        return self.collection, self.item_id, self.price

    def use(self, quantity: int, recipient: str) -> bytes:
        """What a redemption carries as data to buy some."""
        order = (self.as_tuple(), quantity, recipient)
        return encode(["((address,uint256,uint96),uint256,address)"], [order])


class Listing(NamedTuple):
    """The price of one, and how many are for sale at it."""

    price: int
    stock: int


class Items(Service):
    """The ItemShop of one GiftCertificates."""

    @cached_property
    def contract(self) -> Contract:
        return self.node.contract(self.address, items_abi())

    @cached_property
    def domain(self) -> Domain:
        """What consents for this contract on this chain are signed under."""
        return items_domain(self.node.chain_id, self.address)

    def listing(self, merchant: str, collection: str, item_id: int) -> Listing:
        """What the merchant asks for the item, all zero where it asks nothing."""
        call = self.contract.functions.listing(merchant, Web3.to_checksum_address(collection), item_id)
        return Listing(*self.node.call(call))

    def stock(self, merchant: str, item: Item) -> int:
        """How many can be bought: listed at this price, and there for the shop to deliver."""
        listed, collection = self.listing(merchant, item.collection, item.item_id), self._collection(item)
        if listed.price != item.price or not self.node.call(
            collection.functions.isApprovedForAll(merchant, self.address)
        ):
            return 0
        return min(listed.stock, int(self.node.call(collection.functions.balanceOf(merchant, item.item_id))))

    def list(self, merchant: Wallet, item: Item, stock: int) -> TxReceipt:
        """Offer so many of an item, and let the shop deliver what the merchant has of its collection."""
        collection = self._collection(item)
        if not self.node.call(collection.functions.isApprovedForAll(merchant.address, self.address)):
            self.node.send(collection.functions.setApprovalForAll(self.address, True), merchant)  # noqa: FBT003
        return self._send(merchant, "list", item.as_tuple(), stock)

    def withdraw(self, merchant: Wallet, collection: str, item_id: int) -> TxReceipt:
        """Take an offer back."""
        return self._send(merchant, "withdraw", Web3.to_checksum_address(collection), item_id)

    def buy(
        self, holder: Wallet, series_id: int, merchant: str, item: Item, quantity: int, *,
        recipient: str = "", relayer: Wallet | None = None,
    ) -> TxReceipt:  # fmt: skip
        """Pay with a certificate, and have the items in the same transaction.

        Raises ServiceError not_listed, price_differs, out_of_stock, not_a_service.
        """
        asked, show = self.listing(merchant, item.collection, item.item_id).price, self.token.show
        if asked == 0:
            raise ServiceError("not_listed", f"{merchant} does not sell item {item.item_id}")
        if asked != item.price:
            raise ServiceError(
                "price_differs", f"{merchant} asks {show(asked)} for one, not {show(item.price)}"
            )
        if (stock := self.stock(merchant, item)) < quantity:
            raise ServiceError("out_of_stock", f"{quantity} are wanted, and the merchant can deliver {stock}")
        use = item.use(quantity, recipient or holder.address)
        return self.redeem(holder, series_id, item.price * quantity, merchant, use, relayer=relayer)

    def _collection(self, item: Item) -> Contract:
        return self.node.contract(item.collection, _ERC1155_ABI)
