"""The chain as x402's mechanisms see it: reads through our node, writes through our sender.

`Sender` writes a transaction down before any node sees it, so what the package sends here is sent once,
whatever dies in between.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

from eth_abi.abi import decode
from eth_typing import HexStr
from eth_utils.abi import collapse_if_tuple
from web3 import Web3
from web3.types import TxReceipt
from x402.mechanisms.evm.multicall import encode_contract_call
from x402.mechanisms.evm.types import TransactionReceipt, TypedDataDomain, TypedDataField
from x402.mechanisms.evm.verify import verify_typed_data_strict

from largesse.chain import ChainError
from largesse.eip712 import keccak
from largesse.gateway.spending import Permit
from largesse.sender import Sender

_BALANCE_OF: Final = bytes.fromhex("70a08231")
# What signatures let happen once: sent again, it has to be the same transaction.
_ONCE: Final = frozenset(
    {"transferWithAuthorization", "deposit", "claimWithSignature", "refundWithSignature", "multicall"}
)


class SenderSigner:
    """x402's `FacilitatorEvmSigner` over a `Sender`: its account pays the gas, where `permit` lets it. Cheap:
    one for each use."""

    def __init__(self, sender: Sender, permit: Permit | None = None) -> None:
        self.sender = sender
        self.permit = permit
        self.node = sender.node
        self._receipts: dict[str, TxReceipt] = {}
        self._keys: list[str] = []

    def unconfirmed(self) -> list[str]:
        """Hashes of what this object signed and no block has taken yet."""
        open_keys = [key for key in self._keys if self.sender.receipt(key) is None]
        return [tx_hash for key in open_keys for tx_hash in self.sender.hashes(key)]

    def get_addresses(self) -> list[str]:
        return [self.sender.wallet.address]

    def get_chain_id(self) -> int:
        return self.node.chain_id

    def get_code(self, address: str) -> bytes:
        return bytes(self.node.web3.eth.get_code(Web3.to_checksum_address(address)))

    def get_balance(self, address: str, token_address: str) -> int:
        """In base units of the token. The package asks for tokens only: gas is the sender's affair."""
        answer = self._call(token_address, _BALANCE_OF + bytes(12) + bytes.fromhex(address[2:]))
        return int.from_bytes(answer, "big")

    def read_contract(self, address: str, abi: list[dict[str, Any]], function_name: str, *args: Any) -> Any:
        """What a call answers. The node's errors pass through: the package reads reasons from their text."""
        outputs = next(item for item in abi if item.get("name") == function_name).get("outputs", [])
        answer = self._call(address, encode_contract_call(abi, function_name, *args))
        if not outputs:
            return None
        values = decode([collapse_if_tuple(output) for output in outputs], answer)
        return values[0] if len(values) == 1 else list(values)

    def verify_typed_data(
        self,
        address: str,
        domain: TypedDataDomain,
        types: dict[str, list[TypedDataField]],
        primary_type: str,
        message: dict[str, Any],
        signature: bytes,
    ) -> bool:
        """As a contract would: an account with code is asked itself, whoever's key signed."""
        fields: dict[str, list[TypedDataField | dict[Any, Any]]] = {name: [*of] for name, of in types.items()}
        return verify_typed_data_strict(self, address, domain, fields, primary_type, message, signature)

    def write_contract(
        self,
        address: str,
        abi: list[dict[str, Any]],
        function_name: str,
        *args: Any,
        data_suffix: str | None = None,
    ) -> str:
        """Send, and wait until it is final. Raises RefusedError where the chain refuses it."""
        data = encode_contract_call(abi, function_name, *args)
        if data_suffix:
            data += bytes.fromhex(data_suffix.removeprefix("0x"))
        once = function_name in _ONCE
        return self._send(once_key(address, data) if once else f"x402:{uuid.uuid4()}", address, data)

    def send_transaction(self, to: str, data: bytes) -> str:
        return self._send(once_key(to, data), to, data)

    def wait_for_transaction_receipt(self, tx_hash: str) -> TransactionReceipt:
        """Raises ChainError unconfirmed."""
        receipt = self._receipts.pop(tx_hash, None) or self.node.wait_final(tx_hash, self.sender.patience)
        if receipt is None:
            raise ChainError("unconfirmed", f"{tx_hash} is in no final block yet")
        return TransactionReceipt(
            status=int(receipt["status"]),
            block_number=int(receipt["blockNumber"]),
            tx_hash=tx_hash,
            logs=list(receipt["logs"]),
        )

    def _call(self, address: str, data: bytes) -> bytes:
        return bytes(
            self.node.web3.eth.call(
                {
                    "from": self.sender.wallet.address,
                    "to": Web3.to_checksum_address(address),
                    "data": HexStr("0x" + data.hex()),
                }
            )
        )

    def _send(self, key: str, to: str, data: bytes) -> str:
        self._keys.append(key)
        allow = None if self.permit is None else self.permit.sign
        receipt = self.sender.send(key, Web3.to_checksum_address(to), data, allow=allow)
        tx_hash = receipt["transactionHash"].to_0x_hex()
        self._receipts[tx_hash] = receipt
        return tx_hash


def once_key(to: str, data: bytes) -> str:
    """The sender's key of a call that is made once."""
    return f"x402:{keccak(bytes.fromhex(to[2:]) + data).hex()}"
