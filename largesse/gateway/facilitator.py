"""x402's facilitator for batch settlement, in this process: it sends what payers ask for, as far as its gas
is paid for, and holds a channel while its refund is under way."""

from __future__ import annotations

from typing import Final

from x402.mechanisms.evm.batch_settlement.constants import SCHEME_BATCH_SETTLEMENT
from x402.mechanisms.evm.batch_settlement.facilitator import BatchSettlementEvmFacilitator
from x402.mechanisms.evm.batch_settlement.facilitator.utils import read_channel_state
from x402.mechanisms.evm.batch_settlement.types import ChannelState
from x402.mechanisms.evm.constants import ERR_SETTLEMENT_PENDING
from x402.schemas import (
    PaymentPayload,
    PaymentRequirements,
    SettleResponse,
    SupportedKind,
    SupportedResponse,
    VerifyResponse,
)

from largesse.gateway import wire, x402
from largesse.gateway.channels import SqlChannelStorage
from largesse.gateway.evm_signer import SenderSigner
from largesse.gateway.spending import DEPOSITS, REFUNDS, GasBook, Permit
from largesse.sender import Sender

DEPOSIT_GAS: Final = 190_000
REFUND_GAS: Final = 180_000
"""What a deposit, and a refund with its claim, are signed for in USDC, the margin included, rounded up."""
GAS: Final = {"deposit": (DEPOSITS, DEPOSIT_GAS), "refund": (REFUNDS, REFUND_GAS)}
"""By what a payer asks for: which day's gas it may come out of, and how much it is."""


class Facilitator:
    """Over a signer of its own for each use."""

    def __init__(
        self,
        sender: Sender,
        network: str,
        channels: SqlChannelStorage,
        gas: GasBook,
        lease_seconds: float,
    ) -> None:
        self.sender = sender
        self.network = network
        self.channels = channels
        self.gas = gas
        self.lease_seconds = lease_seconds

    def permit(self, payment: PaymentPayload, requirements: PaymentRequirements) -> Permit | None:
        """For the transaction that a payer asks for: what its channel's calls have cost, this one among them,
        is there to pay for it. None where it takes none."""
        kind = payment.payload["type"]
        if kind not in GAS:
            return None
        channel = payment.payload["voucher"]["channelId"].lower()
        found = self.channels.get(channel)
        earned = 0 if found is None else int(found.charged_cumulative_amount)
        if kind == "deposit":
            earned += int(requirements.amount)
        return self.gas.permit(GAS[kind][0], earned, channel=channel)

    def verify(self, payload: PaymentPayload, requirements: PaymentRequirements) -> VerifyResponse:
        return BatchSettlementEvmFacilitator(SenderSigner(self.sender)).verify(payload, requirements)

    def verify_voucher(self, payload: PaymentPayload, requirements: PaymentRequirements) -> VerifyResponse:
        """The voucher of a deposit, as if the deposit had been made."""
        voucher = payload.model_copy(update={"payload": {**payload.payload, "type": "voucher"}})
        return self.verify(voucher, requirements)

    def state(self, channel: str) -> ChannelState:
        return read_channel_state(SenderSigner(self.sender), channel)

    def has_refunded(self, channel: str) -> bool:
        """Whether a refund of which nothing was heard is on the chain. Raises PaymentRefusedError
        chain_unreachable."""
        try:
            return self.channels.refunded(channel, lambda: self.state(channel))
        except x402.NODE_ERRORS as error:
            raise x402.unreachable() from error

    def settle(self, payload: PaymentPayload, requirements: PaymentRequirements) -> SettleResponse:
        if payload.payload["type"] != "refund":
            return self._settle(payload, requirements)
        channel = payload.payload["voucher"]["channelId"]
        is_first = self.channels.hold(channel)
        response = self._settle(payload, requirements)
        # The package tries twice. What it sent first may come to be, whatever becomes of the second.
        has_failed = is_first and response.error_reason != ERR_SETTLEMENT_PENDING
        if response.success or (
            has_failed and not self.channels.refunded(channel, lambda: self.state(channel))
        ):
            self.channels.release(channel, self.lease_seconds)
        return response

    def _settle(self, payload: PaymentPayload, requirements: PaymentRequirements) -> SettleResponse:
        permit = self.permit(payload, requirements)
        signer = SenderSigner(self.sender, permit)
        response = BatchSettlementEvmFacilitator(signer).settle(payload, requirements)
        if permit is not None and response.success:
            permit.succeeded()
        if permit is not None and permit.refused is not None:
            refused = permit.refused
            return response.model_copy(
                update={"error_reason": refused.reason, "error_message": refused.message}
            )
        if not response.success and (unconfirmed := signer.unconfirmed()):
            return response.model_copy(
                update={"error_reason": ERR_SETTLEMENT_PENDING, "transaction": unconfirmed[-1]}
            )
        return response

    def get_supported(self) -> SupportedResponse:
        kind = SupportedKind(x402_version=wire.VERSION, scheme=SCHEME_BATCH_SETTLEMENT, network=self.network)
        return SupportedResponse(kinds=[kind])
