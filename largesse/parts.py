"""The parts of a currency, and the addresses that the factory gives them.

A part is one contract per currency. The certificates come first (`CERTIFICATES`); every other part is a row
of `PARTS`, and that row is all that deploying, checking and recording need.

To add a part, write one row: its name in the factory, its contract and, if it isn't `certificates`, the
getter that answers the address of its certificates. The constructor takes that address and nothing else, and
must not depend on who calls, when, or with how much gas: anybody may create a part. What people sign for the
contract, if it has a `DOMAIN_SEPARATOR`, is signed under the domain "Largesse <contract>", version "1".
`brownie run deploy` then creates it after the currency's certificates, `brownie run deploy check` reads it
back, and its address is `deployment.currency("KRWT").part("jars")`. `make sizes` says whether its creation
code fits.

The list belongs to the factory. A release with another list, other code or another order of the rows has
another factory at another address, hence other addresses for all contracts of all currencies, the
certificates too. What an older release created stays where it is and works as before; nothing moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from eth_abi.abi import encode
from web3 import Web3

from largesse.eip712 import keccak


@dataclass(frozen=True)
class Part:
    """A part beside the certificates: its `name` in the factory, and the compiled `contract`, which says
    whose it is (`certificates`)."""

    name: str
    contract: str


CERTIFICATES: Final = "certificates"
"""The part that all others are made for: GiftCertificates, whose constructor takes (currency, CardArt)."""
PARTS: Final[tuple[Part, ...]] = (
    Part("sales", "CertificateSales"),
    Part("jars", "StreamingTipEscrow"),
    Part("accounts", "PrepaidAccounts"),
    Part("market", "CertificateMarket"),
    Part("orders", "HeldOrders"),
    Part("swaps", "AtomicSwaps"),
    Part("rewards", "RewardPools"),
    Part("payout", "UniswapV2Payout"),
    Part("items", "ItemShop"),
)  # fmt: skip

# keccak256 of the creation code of the proxy that solady's CREATE3 deploys through.
_CREATE3_PROXY: Final = bytes.fromhex("21c35dbe1b344a2488cf3321d6ce542f8e9f305544ff09e4993a62319a497c1f")


def create2(deployer: str, salt: bytes, code_hash: bytes) -> str:
    """Address that CREATE2 gives (EIP-1014)."""
    return Web3.to_checksum_address(keccak(b"\xff" + bytes.fromhex(deployer[2:]) + salt + code_hash)[12:])


def create3(factory: str, part: str, currency: str) -> str:
    """Address that the factory gives to a part of a currency; the same as its `find(part, currency)`."""
    salt = keccak(encode(["string", "address"], [part, currency]))
    return first_created(create2(factory, salt, _CREATE3_PROXY))


def first_created(contract: str) -> str:
    """Address of the first contract that a contract creates: by RLP of [contract, 1]."""
    return Web3.to_checksum_address(keccak(b"\xd6\x94" + bytes.fromhex(contract[2:]) + b"\x01")[12:])
