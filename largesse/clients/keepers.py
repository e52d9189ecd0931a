"""The contracts of a currency that owe and that are signed for, all of them in one way.

A payout that the currency refuses stays owed by the contract that made it (`withdrawOwed`). What somebody has
signed for a contract and nobody has used is void once its nonce is not above the signer's watermark.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final

from web3 import Web3
from web3.contract import Contract
from web3.types import TxReceipt

from largesse.artifacts import (
    artifact,
    certificates_abi,
    items_abi,
    jars_abi,
    orders_abi,
    prepaid_abi,
    rewards_abi,
    swaps_abi,
)
from largesse.chain import Wallet, written
from largesse.clients.certificates import Certificates
from largesse.clients.service import OWN_CALL, Holder
from largesse.errors import LargesseError
from largesse.parts import CERTIFICATES

NONCE_WINDOW: Final = 2**32
"""How far above a signer's watermark a nonce counts, in every contract."""
MAX_NONCE: Final = 2**64 - 1


class KeeperError(LargesseError):
    """A contract that is not there, or a nonce that can't be a watermark."""


class Keeper(Holder):
    """One of them: its part's name in the factory, and its contract's name."""

    def __init__(self, part: str, certificates: Certificates, address: str) -> None:
        super().__init__(certificates, address)
        self.part = part
        self.name, self._abi = _KEEPERS[part]

    @cached_property
    def contract(self) -> Contract:
        """The contract as web3 knows it."""
        return self.node.contract(self.address, self._abi())

    def withdraw_owed(self, payee: Wallet, to: str) -> int:
        """Have all of it paid to any address; base units. Raises RefusedError where nothing is owed or the
        currency refuses again."""
        if self.part == CERTIFICATES:
            receipt = self.certificates.withdraw_owed(payee, to)
        else:
            receipt = self._send(payee, "withdrawOwed", payee.address, Web3.to_checksum_address(to), OWN_CALL)
        return int(written(self.contract, "OwedPaid", receipt)[0]["amount"])

    def watermark(self, signer: str) -> int:
        """The highest nonce that is used up; of GiftCertificates the one for what is owed (series 0)."""
        if self.part == CERTIFICATES:
            return self.certificates.account(0, signer).nonce
        return super().watermark(signer)

    def void(self, signer: Wallet, nonce: int) -> TxReceipt:
        """Make `nonce` the signer's watermark. Raises RefusedError where it is none above it and in reach."""
        if self.part == CERTIFICATES:
            return self.certificates.cancel_authorizations(signer, 0, nonce)
        return self._send(signer, "cancelConsents", nonce)


_KEEPERS: Final[Mapping[str, tuple[str, Callable[[], tuple[dict[str, Any], ...]]]]] = {
    CERTIFICATES: ("GiftCertificates", certificates_abi),
    "sales": ("CertificateSales", lambda: artifact("CertificateSales").abi),
    "jars": ("StreamingTipEscrow", jars_abi),
    "accounts": ("PrepaidAccounts", prepaid_abi),
    "orders": ("HeldOrders", orders_abi),
    "swaps": ("AtomicSwaps", swaps_abi),
    "rewards": ("RewardPools", rewards_abi),
    "items": ("ItemShop", items_abi),
}
"""The market and the payout through Uniswap keep nothing, and owe nothing."""

KEEPER_PARTS: Final = tuple(_KEEPERS)


def keepers(certificates: Certificates, parts: Mapping[str, str]) -> tuple[Keeper, ...]:
    """All of a currency's: `parts` are the addresses of those beside its certificates, by their names."""
    places = {CERTIFICATES: certificates.address, **parts}
    return tuple(Keeper(part, certificates, places[part]) for part in KEEPER_PARTS)


def keeper(found: tuple[Keeper, ...], part: str) -> Keeper:
    """The one that is named. Raises KeeperError unknown_part."""
    for one in found:
        if one.part == part:
            return one
    raise KeeperError("unknown_part", f"{part!r} is none of {', '.join(one.part for one in found)}")


def watermark_to(nonce: int | None, watermark: int) -> int | None:
    """The watermark that voids what is signed up to `nonce`; for None all that could be used now. None where
    it is void already. Raises KeeperError nonce_too_high.
    """
    most = min(watermark + NONCE_WINDOW, MAX_NONCE)
    wanted = most if nonce is None else nonce
    if wanted > most:
        raise KeeperError(
            "nonce_too_high",
            f"nonce {wanted} is more than {most}: a nonce counts up to {NONCE_WINDOW} above the watermark, "
            f"which is {watermark}",
        )
    return wanted if wanted > watermark else None
