"""EIP-712 messages of the contracts: build, hash, sign, verify.

Digests are computed here, over `largesse.curve` and `pysha3`, and are equal byte for byte to eth-account's
(golden vectors and a property test in ``tests/python/test_signing.py``). Values are validated before they are
encoded: eth-account would take the string ``"1"`` for the number 1 and ``"no"`` for true.

Sources: EIP-712 (typed data), EIP-2 (low s).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from functools import cached_property, lru_cache
from typing import Any, Final, cast

import sha3

from largesse import curve
from largesse.errors import LargesseError

CURVE_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of secp256k1: private keys, r and s lie below it."""


class InvalidMessageError(LargesseError):
    """A value that the message's type can't hold; nothing was signed."""


class InvalidSignatureError(LargesseError):
    """Bytes that are no signature of the expected signer."""


def keccak(data: bytes) -> bytes:
    """Keccak-256 (the pre-standard SHA-3 that Ethereum uses): 32 bytes."""
    return cast(bytes, sha3.keccak_256(data).digest())


def solidity(kind: str) -> Any:
    """Dataclass field that is encoded as this Solidity type."""
    return field(metadata={"solidity": kind})


def struct(kind: type[Message]) -> Any:
    """Dataclass field that is another message; its own members are no messages."""
    return field(metadata={"solidity": kind.__name__, "struct": kind})


def _camel(name: str) -> str:
    head, *rest = name.rstrip("_").split("_")
    return head + "".join(part.title() for part in rest)


_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def checksummed(address: bytes) -> str:
    """20 bytes as an EIP-55 address."""
    digits = address.hex()
    marks = keccak(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if mark > "7" else digit for digit, mark in zip(digits, marks, strict=False)
    )


@lru_cache(maxsize=4096)
def _address_word(value: str) -> bytes | None:
    """An address as 32 bytes; None where its checksum is wrong. Texts of one case have none."""
    raw = bytes.fromhex(value[2:])
    is_mixed = value[2:] not in (value[2:].lower(), value[2:].upper())
    return None if is_mixed and value != checksummed(raw) else bytes(12) + raw


def encode_word(owner: str, name: str, kind: str, value: object) -> bytes:
    """One EIP-712 member as 32 bytes.

    Raises InvalidMessageError, naming the member, the value and the rule.
    """
    where = f"{owner}.{name}"
    if kind == "address":
        if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
            raise InvalidMessageError("bad_address", f"{where}: {value!r} is not a 20-byte hex address")
        word = _address_word(value)
        if word is None:
            raise InvalidMessageError("bad_checksum", f"{where}: {value} breaks its EIP-55 checksum")
        return word
    if kind.startswith("uint"):
        bits = int(kind[4:])
        if not isinstance(value, int) or isinstance(value, bool):
            raise InvalidMessageError("bad_integer", f"{where}: {value!r} is not an integer")
        if not 0 <= value < 1 << bits:
            raise InvalidMessageError("out_of_range", f"{where}: {value} does not fit {kind}")
        return value.to_bytes(32, "big")
    if kind == "bool":
        if not isinstance(value, bool):
            raise InvalidMessageError("bad_bool", f"{where}: {value!r} is neither true nor false")
        return value.to_bytes(32, "big")
    if kind == "string":
        if not isinstance(value, str):
            raise InvalidMessageError("bad_text", f"{where}: {value!r} is not a text")
        return keccak(_utf8(where, value))
    if kind[0].isupper():
        if not isinstance(value, Message) or type(value).__name__ != kind:
            raise InvalidMessageError("bad_struct", f"{where}: {value!r} is no {kind}")
        return value.struct_hash()
    if kind == "bytes32[]":
        if not isinstance(value, tuple):
            raise InvalidMessageError("bad_list", f"{where}: {value!r} is not a tuple")
        return keccak(b"".join(encode_word(owner, name, "bytes32", one) for one in value))
    if not isinstance(value, bytes):
        raise InvalidMessageError("bad_bytes", f"{where}: {value!r} is not bytes")
    if kind == "bytes":
        return keccak(value)
    if len(value) != 32:
        raise InvalidMessageError("bad_length", f"{where}: {len(value)} bytes where {kind} takes 32")
    return value


def _utf8(where: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidMessageError(
            "bad_text", f"{where}: {text!r} has no UTF-8 form: {error.reason}"
        ) from error


@dataclass(frozen=True)
class Domain:
    """EIP-712 domain: a signature is good on one chain, for one contract.

    ``chain_id`` and ``verifying_contract`` are the deployment's; ``name`` and ``version`` the contract's
    constants.
    """

    name: str
    version: str
    chain_id: int
    verifying_contract: str

    @cached_property
    def separator(self) -> bytes:
        """The domain separator, 32 bytes; equals the contract's ``DOMAIN_SEPARATOR()``."""
        return keccak(
            keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
            + keccak(self.name.encode())
            + keccak(self.version.encode())
            + encode_word("Domain", "chain_id", "uint256", self.chain_id)
            + encode_word("Domain", "verifying_contract", "address", self.verifying_contract)
        )


def certificates_domain(chain_id: int, certificates: str) -> Domain:
    """Domain of the GiftCertificates at this address."""
    return Domain("Largesse GiftCertificates", "1", chain_id, certificates)


def sales_domain(chain_id: int, sales: str) -> Domain:
    """Domain of the CertificateSales at this address."""
    return Domain("Largesse CertificateSales", "1", chain_id, sales)


def jars_domain(chain_id: int, escrow: str) -> Domain:
    """Domain of the StreamingTipEscrow at this address."""
    return Domain("Largesse StreamingTipEscrow", "1", chain_id, escrow)


def rewards_domain(chain_id: int, rewards: str) -> Domain:
    """Domain of the RewardPools at this address."""
    return Domain("Largesse RewardPools", "1", chain_id, rewards)


def accounts_domain(chain_id: int, accounts: str) -> Domain:
    """Domain of the PrepaidAccounts at this address."""
    return Domain("Largesse PrepaidAccounts", "1", chain_id, accounts)


def orders_domain(chain_id: int, orders: str) -> Domain:
    """Domain of the HeldOrders at this address."""
    return Domain("Largesse HeldOrders", "1", chain_id, orders)


def swaps_domain(chain_id: int, swaps: str) -> Domain:
    """Domain of the AtomicSwaps at this address."""
    return Domain("Largesse AtomicSwaps", "1", chain_id, swaps)


def items_domain(chain_id: int, items: str) -> Domain:
    """Domain of the ItemShop at this address."""
    return Domain("Largesse ItemShop", "1", chain_id, items)


_layouts: dict[type, tuple[bytes, tuple[tuple[str, str], ...]]] = {}


def _layout(message: type[Message]) -> tuple[bytes, tuple[tuple[str, str], ...]]:
    """Type hash, and the members' names and Solidity types in their order."""
    if message in _layouts:
        return _layouts[message]
    members = tuple((f.name, f.metadata["solidity"]) for f in fields(message))
    encodings = "".join(map(_encoding, (message, *_structs(message))))
    _layouts[message] = keccak(encodings.encode()), members
    return _layouts[message]


def _structs(message: type[Message]) -> list[type[Message]]:
    """The messages that are members of this one, by name, as EIP-712 lists them."""
    found = {f.metadata["struct"] for f in fields(message) if "struct" in f.metadata}
    return sorted(found, key=lambda kind: str(kind.__name__))


def _encoding(message: type[Message]) -> str:
    members = ",".join(f"{f.metadata['solidity']} {_camel(f.name)}" for f in fields(message))
    return f"{message.__name__}({members})"


@dataclass(frozen=True)
class Message:
    """A struct of the contracts' typed data; the class name is the type's name."""

    @classmethod
    def typehash(cls) -> bytes:
        """keccak256 of the type's encoding, 32 bytes; pinned by golden vectors."""
        return _layout(cls)[0]

    def struct_hash(self) -> bytes:
        """EIP-712 ``hashStruct``, 32 bytes. Raises InvalidMessageError."""
        typehash, members = _layout(type(self))
        owner = type(self).__name__
        return keccak(
            typehash + b"".join(encode_word(owner, name, kind, getattr(self, name)) for name, kind in members)
        )

    def digest(self, domain: Domain) -> bytes:
        """What is signed, 32 bytes. Raises InvalidMessageError."""
        return keccak(b"\x19\x01" + domain.separator + self.struct_hash())

    def sign(self, domain: Domain, private_key: bytes) -> bytes:
        """65 bytes ``r ‖ s ‖ v`` with low s and v of 27 or 28. Raises InvalidMessageError."""
        return sign_digest(self.digest(domain), private_key)

    def typed_data(self, domain: Domain) -> dict[str, Any]:
        """The message as wallets take it (``eth_signTypedData_v4``). Raises InvalidMessageError."""
        self.struct_hash()
        own = type(self)
        return {
            "domain": {
                "name": domain.name,
                "version": domain.version,
                "chainId": domain.chain_id,
                "verifyingContract": domain.verifying_contract,
            },
            "primaryType": type(self).__name__,
            "types": {
                "EIP712Domain": [
                    {"name": "name", "type": "string"},
                    {"name": "version", "type": "string"},
                    {"name": "chainId", "type": "uint256"},
                    {"name": "verifyingContract", "type": "address"},
                ],
                **{kind.__name__: _members(kind) for kind in (own, *_structs(own))},
            },
            "message": _shown(self),
        }


def _members(message: type[Message]) -> list[dict[str, str]]:
    return [{"name": _camel(name), "type": kind} for name, kind in _layout(message)[1]]


def _shown(value: object) -> object:
    """A member's value as JSON has it."""
    if isinstance(value, Message):
        return {_camel(name): _shown(getattr(value, name)) for name, _ in _layout(type(value))[1]}
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return [_shown(one) for one in value] if isinstance(value, tuple) else value


def sign_digest(digest: bytes, private_key: bytes) -> bytes:
    """ECDSA over secp256k1, RFC 6979: 65 bytes ``r ‖ s ‖ v``, v of 27 or 28, s in the lower half."""
    signature = curve.sign(digest, private_key)
    return signature[:64] + bytes([27 + signature[64]])


def recover(digest: bytes, signature: bytes) -> str:
    """Checksummed address that signed. Raises InvalidSignatureError."""
    return checksummed(recover_bytes(digest, signature))


def recover_bytes(digest: bytes, signature: bytes) -> bytes:
    """The same address as 20 bytes. Raises InvalidSignatureError."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        raise InvalidSignatureError(
            "malformed_signature",
            f"{len(signature)} bytes, v = {signature[64:].hex() or 'none'}: "
            "a signature is 65 bytes with v 27 or 28",
        )
    try:
        point = curve.recover(digest, signature[:64] + bytes([signature[64] - 27]))
    except ValueError as error:
        raise InvalidSignatureError("malformed_signature", f"no key signs so: {error}") from error
    return keccak(point)[12:]


def address_of(private_key: bytes) -> str:
    """Checksummed address of a private key (32 bytes)."""
    return checksummed(keccak(curve.public_key(private_key))[12:])
