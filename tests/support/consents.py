"""Consents to the actions of a contract that holds a currency, reckoned apart from `largesse`: typed data by
its text.

A contract's `TYPES` are the typed data that it takes, as its interface documents them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from eth_abi.abi import encode

from largesse.eip712 import Domain, keccak, sign_digest
from tests.fixtures.tokens import packed, sign_eip3009, token_domain
from tests.support.certificates import DAY, World

Consent = tuple[int, int, bool, bytes]
ITSELF: Consent = (0, 0, False, b"")
"""The `Consent` of an account that sends the transaction itself."""
END = "uint64 nonce,uint40 deadline"
OWED_WITHDRAWAL = f"address payee,address to,{END}"


def struct_hash(types: Mapping[str, str], name: str, *values: Any) -> bytes:
    """EIP-712 `hashStruct` of one of `types`."""
    members = [member.split(" ")[0] for member in types[name].split(",")]
    kinds, words = ["bytes32"], [keccak(f"{name}({types[name]})".encode())]
    for kind, value in zip(members, values, strict=True):
        if kind == "string":
            kind, value = "bytes32", keccak(value.encode())
        elif kind == "bytes32[]":
            kind, value = "bytes32", keccak(b"".join(value))
        kinds.append(kind)
        words.append(str(value) if kind == "address" else value)
    return keccak(encode(kinds, words))


class Consenting:
    """A contract over a `World`, whose actions people sign. People are attributes, as the world's."""

    NAME: ClassVar[str]
    """In the domain: "Largesse <NAME>"."""
    TYPES: ClassVar[Mapping[str, str]]
    SIGNER: ClassVar[str]
    """The role that signs unless told otherwise."""
    PURSE: ClassVar[int]
    """What each payer of a test has and has approved, base units."""
    world: World
    contract: Any

    def __getattr__(self, role: str) -> Any:
        if role == "world":
            raise AttributeError(role)
        return getattr(self.world, role)

    @property
    def token(self) -> Any:
        return self.world.token

    @property
    def domain(self) -> Domain:
        return Domain(f"Largesse {self.NAME}", "1", self.world.chain.id, self.contract.address)

    def digest(self, name: str, *values: Any, domain: Domain | None = None) -> bytes:
        return keccak(
            b"\x19\x01" + (domain or self.domain).separator + struct_hash(self.TYPES, name, *values)
        )

    def consent(
        self,
        name: str,
        *values: Any,
        signer: Any = None,
        nonce: int = 1,
        deadline: int | None = None,
        moves: int | None = None,
        domain: Domain | None = None,
    ) -> Consent:
        """A signed `Consent` to an action of `TYPES`, good for a day; `values` without nonce and deadline.

        With `moves`, base units, it is the currency's signature.
        """
        signer = signer or getattr(self.world, self.SIGNER)
        deadline = self.world.now() + DAY if deadline is None else deadline
        digest = self.digest(name, *values, nonce, deadline, domain=domain)
        key = self.world.key(signer)
        if moves is None:
            return (nonce, deadline, False, sign_digest(digest, key))
        signed = sign_eip3009(
            key, token_domain(self.token), "Receive", signer, self.contract, moves, 0, deadline, digest
        )
        return (nonce, deadline, True, packed(*signed))

    def fund(self, person: Any, amount: int | None = None) -> None:
        """Newly minted currency for a person, approved to the contract."""
        self.token.mint(person, self.PURSE if amount is None else amount, {"from": self.world.deployer})
        self.token.approve(self.contract, 2**256 - 1, {"from": person})

    def balance(self, person: Any) -> int:
        return int(self.token.balanceOf(person))

    def held(self) -> int:
        """Currency of the contract, base units."""
        return self.balance(self.contract)
