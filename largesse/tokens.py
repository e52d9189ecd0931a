"""The currency of a GiftCertificates: an ERC-20, and its amounts as people read them."""

from __future__ import annotations

from dataclasses import dataclass, field

from web3 import Web3
from web3.contract import Contract
from web3.types import TxReceipt

from largesse.amounts import format_amount
from largesse.chain import Node, Wallet

_UINT = {"name": "", "type": "uint256"}
_ADDRESS = {"name": "", "type": "address"}
ERC20_ABI = [
    {"type": "function", "name": name, "inputs": inputs, "outputs": outputs, "stateMutability": kind}
    for name, inputs, outputs, kind in (
        ("symbol", [], [{"name": "", "type": "string"}], "view"),
        ("decimals", [], [{"name": "", "type": "uint8"}], "view"),
        ("balanceOf", [_ADDRESS], [_UINT], "view"),
        ("allowance", [_ADDRESS, _ADDRESS], [_UINT], "view"),
        ("approve", [_ADDRESS, _UINT], [{"name": "", "type": "bool"}], "nonpayable"),
    )
]


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
        """Let `spender` take `amount`. Raises RefusedError."""
        return self.node.send(self.contract.functions.approve(spender, amount), wallet)

    def show(self, amount: int) -> str:
        """`amount` as people write it, with the symbol."""
        return format_amount(amount, self.decimals, symbol=self.symbol)


def _contract(node: Node, address: str) -> Contract:
    return node.web3.eth.contract(address=Web3.to_checksum_address(address), abi=ERC20_ABI)
