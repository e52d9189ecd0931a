"""What somebody signs who pays a contract that keeps money with the real USDC."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from largesse.usdc import Usdc
from tests.fixtures.accounts import key_of
from tests.fixtures.tokens import packed, sign_eip3009, sign_permit

FOREVER = 2**40 - 1
Consent = tuple[int, int, bool, bytes]


@dataclass(frozen=True)
class UsdcPayer:
    """An account of the node's that pays `contract`; `digest` is what that contract's actions hash to."""

    usdc: Usdc
    signer: Any
    contract: Any
    digest: Callable[..., bytes]

    def moving(
        self,
        amount: int,
        kind: str,
        *values: Any,
        payer: Any = None,
        nonce: int = 1,
        deadline: int = FOREVER,
    ) -> Consent:
        """USDC's own signature over the amount, whose nonce is the digest of the action; `payer` may be a
        wallet of the signer's."""
        digest = self.digest(kind, *values, nonce, deadline)
        parties = (payer or self.signer, self.contract)
        domain = dict(self.usdc.domain())
        parts = sign_eip3009(key_of(self.signer), domain, "Receive", *parties, amount, 0, deadline, digest)
        return (nonce, deadline, True, packed(*parts))

    def permit(self, nonce: int, amount: int) -> tuple[Any, ...]:
        """Arguments of the contract's `permit`; `nonce` is the currency's."""
        domain = dict(self.usdc.domain())
        parties = (self.signer, self.contract)
        signed = sign_permit(key_of(self.signer), domain, *parties, amount, nonce, FOREVER)
        return (self.signer.address, amount, FOREVER, *signed)
