"""The currency of a GiftCertificates: an ERC-20, and its amounts as people read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from web3 import Web3
from web3.contract import Contract
from web3.types import TxReceipt

from largesse.amounts import format_amount
from largesse.chain import Node, RefusedError, Wallet
from largesse.chainlogs import topic_of
from largesse.eip712 import Domain, keccak
from largesse.errors import LargesseError

TRANSFER: Final = keccak(b"Transfer(address,address,uint256)")
"""The topic of an ERC-20's transfers."""
_UINT = {"name": "", "type": "uint256"}
_ADDRESS = {"name": "", "type": "address"}
_STRING = {"name": "", "type": "string"}
_BYTES32 = {"name": "", "type": "bytes32"}
ERC20_ABI = [
    {"type": "function", "name": name, "inputs": inputs, "outputs": outputs, "stateMutability": kind}
    for name, inputs, outputs, kind in (
        ("symbol", [], [_STRING], "view"),
        ("decimals", [], [{"name": "", "type": "uint8"}], "view"),
        ("balanceOf", [_ADDRESS], [_UINT], "view"),
        ("allowance", [_ADDRESS, _ADDRESS], [_UINT], "view"),
        ("approve", [_ADDRESS, _UINT], [{"name": "", "type": "bool"}], "nonpayable"),
        ("name", [], [_STRING], "view"),
        ("version", [], [_STRING], "view"),
        ("DOMAIN_SEPARATOR", [], [_BYTES32], "view"),
        ("nonces", [_ADDRESS], [_UINT], "view"),
    )
]


class TokenError(LargesseError):
    """A currency that can't do what was asked of it."""


@dataclass(frozen=True)
class Token:
    """An ERC-20. Amounts are base units."""

    node: Node = field(repr=False, compare=False)
    address: str
    symbol: str
    decimals: int

    @classmethod
    def at(cls, node: Node, address: str) -> Token:
        """The token at `address`. Raises RefusedError where there is none."""
        contract = _contract(node, address)
        symbol = str(node.call(contract.functions.symbol()))
        decimals = int(node.call(contract.functions.decimals()))
        return cls(node, Web3.to_checksum_address(address), symbol, decimals)

    @property
    def contract(self) -> Contract:
        """The token as a web3 contract."""
        return _contract(self.node, self.address)

    def balance(self, account: str, block: int | None = None) -> int:
        """What `account` holds."""
        return int(self.node.call(self.contract.functions.balanceOf(account), block=block))

    def allowance(self, owner: str, spender: str) -> int:
        """What `spender` may still take from `owner`."""
        return int(self.node.call(self.contract.functions.allowance(owner, spender)))

    def approve(self, wallet: Wallet, spender: str, amount: int) -> TxReceipt:
        """Let `spender` take `amount`, whatever it could take before. Raises RefusedError."""
        approve = self.contract.functions.approve
        try:
            return self.node.send(approve(spender, amount), wallet)
        except RefusedError:
            if self.allowance(wallet.address, spender) == 0:
                raise
        # USDT and others go from one approval to another by way of none.
        self.node.send(approve(spender, 0), wallet)
        return self.node.send(approve(spender, amount), wallet)

    def domain(self) -> Domain:
        """What its holders sign permits (EIP-2612) and payments (EIP-3009) under.

        USDC tells its version; a currency that tells none has version 1, as OpenZeppelin's have. Raises
        TokenError no_signatures where that is not what the currency itself calls its domain.
        """
        views = self.contract.functions
        try:
            told = bytes(self.node.call(views.DOMAIN_SEPARATOR()))
            name = str(self.node.call(views.name()))
        except RefusedError as error:
            raise TokenError("no_signatures", f"{self.symbol} can't be paid by signature: {error}") from error
        try:
            version = str(self.node.call(views.version()))
        except RefusedError:
            version = "1"
        domain = Domain(name, version, self.node.chain_id, self.address)
        if domain.separator != told:
            raise TokenError(
                "no_signatures",
                f"{self.symbol} signs under another domain than {name!r}, version {version!r}",
            )
        return domain

    def permit_nonce(self, owner: str) -> int:
        """The nonce of the owner's next permit (EIP-2612)."""
        return int(self.node.call(self.contract.functions.nonces(owner)))

    def brought(self, receipt: TxReceipt, account: str) -> int:
        """What a transaction moved to `account`, by the currency's own logs: whatever else came meanwhile."""
        wanted = [TRANSFER, bytes.fromhex(topic_of(account)[2:])]
        found = 0
        for log in receipt["logs"]:
            topics = [bytes(topic) for topic in log["topics"]]
            if log["address"] == self.address and len(topics) == 3 and topics[::2] == wanted:
                found += int.from_bytes(log["data"], "big")
        return found

    def show(self, amount: int) -> str:
        """`amount` as people write it, with the symbol."""
        return format_amount(amount, self.decimals, symbol=self.symbol)


def _contract(node: Node, address: str) -> Contract:
    return node.contract(address, ERC20_ABI)
