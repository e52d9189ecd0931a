"""x402's scheme `batch-settlement`: a deposit into a channel of the official contract, then signed sums.

The x402 package verifies, charges and settles, on channels in our database. In front of it stands what the
contract will ask later: a voucher whose signature the contract would refuse (high s, v of 0 or 1), or may
refuse later (a contract's own), is not taken; nor is one for a channel whose payer has asked for its money
back, since the contract pays who comes first. Claims go in batches; a channel that makes its batch fail is
found and left out.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from eth_account import Account
from eth_utils.address import to_checksum_address
from sqlalchemy import Connection
from x402 import x402ResourceServerSync
from x402.interfaces import SchemePaymentRequiredContext
from x402.mechanisms.evm.batch_settlement.authorizer_signer import LocalAuthorizerSigner
from x402.mechanisms.evm.batch_settlement.constants import (
    BATCH_SETTLEMENT_ADDRESS,
    BATCH_SETTLEMENT_DOMAIN_NAME,
    BATCH_SETTLEMENT_DOMAIN_VERSION,
    SCHEME_BATCH_SETTLEMENT,
)
from x402.mechanisms.evm.batch_settlement.errors import (
    ERR_CHANNEL_BUSY,
    ERR_CUMULATIVE_AMOUNT_BELOW_CLAIMED,
    ERR_CUMULATIVE_AMOUNT_MISMATCH,
    ERR_NOTHING_TO_SETTLE,
    ERR_VERIFICATION_STATE_UNAVAILABLE,
)
from x402.mechanisms.evm.batch_settlement.server import (
    BatchSettlementChannelManagerSync,
    BatchSettlementEvmScheme,
)
from x402.mechanisms.evm.batch_settlement.server.channel_manager_common import (
    AutoSettlementContext,
    ChannelManagerConfigSync,
    ClaimOptions,
    has_live_pending_request,
)
from x402.mechanisms.evm.batch_settlement.server.scheme import BatchSettlementEvmSchemeServerConfig
from x402.mechanisms.evm.batch_settlement.server.storage import Channel
from x402.mechanisms.evm.batch_settlement.types import ChannelState
from x402.mechanisms.evm.constants import ERR_SETTLEMENT_PENDING
from x402.schemas import (
    PaymentAbortedError,
    PaymentRequired,
    PaymentRequirements,
    SettleResponse,
    VerifyResponse,
)

from largesse.chain import Wallet
from largesse.eip712 import Domain
from largesse.gateway import x402
from largesse.gateway.batch_vouchers import ADVICE, SignedVoucher, read_voucher, voucher_key
from largesse.gateway.channels import SqlChannelStorage
from largesse.gateway.facilitator import GAS, Facilitator
from largesse.gateway.paid_calls import PaidCalls, in_use, other_call, retry_of
from largesse.gateway.schemes import Answer, Call, Json, PaymentRefusedError, Proof, Settled
from largesse.gateway.spending import (
    TOO_DEAR,
    USED_UP,
    GasBook,
    Spending,
    SpendingError,
)
from largesse.sender import Sender
from largesse.web.background import Workers
from largesse.web.logs import log

WITHDRAW_SECONDS: Final = 86_400
"""How long the payer's own way out takes: so long the gateway has to claim what it served."""
SETTLE_SECONDS: Final = 30.0
CLAIMS_A_BATCH: Final = 100
LOST_SECONDS: Final = 60.0
"""For so long a call without an Idempotency-Key whose answer was lost is answered again to its voucher, which
is a secret of the two until it is claimed."""

_WAYS_OUT: Final = {
    "deposit": "go on with a channel that you have, pay another of the accepts, or deposit later",
    "refund": "ask again later, or the contract itself: initiateWithdraw, and finalizeWithdraw after the "
    "channel's withdrawDelay, need nobody's help",
}


@dataclass(frozen=True)
class Claimed:
    """What a settlement did: its transactions, and the channels whose vouchers the contract refuses."""

    transactions: tuple[str, ...]
    refused: tuple[str, ...]


class BatchScheme:
    """Takes vouchers for channels to `pay_to` in `currency`.

    `authorizer` signs claims and refunds, `sender` sends them. A deposit has at least `least_deposit` base
    units, and the tenfold price by default: each costs the gateway a transaction. `gas` is what deposits and
    refunds may cost it.
    """

    name = SCHEME_BATCH_SETTLEMENT

    def __init__(
        self,
        sender: Sender,
        calls: PaidCalls,
        currency: x402.Currency,
        pay_to: str,
        authorizer: Wallet,
        *,
        gas: GasBook | None = None,
        least_deposit: int | None = None,
        withdraw_seconds: int = WITHDRAW_SECONDS,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        self.calls = calls
        self.currency = currency
        self.pay_to = to_checksum_address(pay_to)
        self.authorizer = authorizer
        self.least_deposit = least_deposit
        self.settle_seconds = settle_seconds
        self._settling = Workers(x402.SETTLING, "batch settling")
        self.channels = SqlChannelStorage(
            calls.engine, f"{currency.network}:{self.pay_to}:{currency.address}"
        )
        self.domain = Domain(
            BATCH_SETTLEMENT_DOMAIN_NAME,
            BATCH_SETTLEMENT_DOMAIN_VERSION,
            currency.chain_id,
            BATCH_SETTLEMENT_ADDRESS,
        )
        self.gas = gas or GasBook(calls.engine, f"{currency.network}:{sender.wallet.address}", Spending())
        self._facilitator = Facilitator(
            sender, currency.network, self.channels, self.gas, calls.lease_seconds
        )
        self._scheme = BatchSettlementEvmScheme(
            self.pay_to,
            BatchSettlementEvmSchemeServerConfig(
                storage=self.channels,
                receiver_authorizer_signer=LocalAuthorizerSigner(Account.from_key(authorizer.key)),
                withdraw_delay=withdraw_seconds,
                enforce_min_deposit=True,
            ),
        )
        self._server = x402ResourceServerSync(self._facilitator)
        self._server.register(currency.network, self._scheme)  # type: ignore[arg-type] # its tables are dicts
        self._server.initialize()
        self._manager = BatchSettlementChannelManagerSync(
            ChannelManagerConfigSync(
                self._scheme, self._facilitator, self.pay_to, currency.address, currency.network
            )
        )

    def is_offered(self, _amount: int) -> bool:
        """Always: calls on a channel cost no gas."""
        return True

    def requirements(self, amount: int) -> Json:
        extra = {
            "name": self.currency.name,
            "version": self.currency.version,
            "assetTransferMethod": "eip3009",
        }
        if self.least_deposit is not None:
            extra["minDeposit"] = str(self.least_deposit)
        wanted = PaymentRequirements(
            scheme=self.name,
            network=self.currency.network,
            asset=self.currency.address,
            amount=str(amount),
            pay_to=self.pay_to,
            max_timeout_seconds=x402.TIMEOUT_SECONDS,
            extra=extra,
        )
        kind = self._facilitator.get_supported().kinds[0]
        return x402.to_json(self._scheme.enhance_payment_requirements(wanted, kind, []))

    async def verify(self, payload: Json, requirements: Json, call: Call) -> Proof | tuple[Settled, Answer]:
        """See `Scheme.verify`: that the payer signed. Whether the voucher is the channel's next one, and
        covered, is told by `reserve`. A refund that the payer asks for is made here, and answered.

        Raises PaymentRefusedError: x402's own reasons, malformed_payment (400), payer_authorizer_required,
        gas_too_dear, idempotency_key_reused (422), gas_budget_used, chain_unreachable (503).
        """
        payment, wanted = x402.models(payload, requirements)
        # The package holds a channel for as long as this says: not longer than its process lives.
        wanted.max_timeout_seconds = int(self.calls.lease_seconds)
        details, payer = read_voucher(payment, wanted, self.domain)
        if payload["type"] == "refund":
            return await self._settling.ask(self._refund, details)
        proof = Proof(
            scheme=self.name,
            key=details.key,
            payer=payer,
            amount=int(wanted.amount),
            call=call,
            payload=payload,
            requirements=requirements,
            details=details,
        )
        return await asyncio.to_thread(self._earlier, proof) or proof

    async def reserve(self, proof: Proof) -> None:
        """See `Scheme.reserve`. Raises PaymentRefusedError: x402's reasons, in_use (409), withdrawal_pending,
        gas_too_dear, gas_budget_used, chain_unreachable (503). Where the voucher is not the channel's next,
        the error carries the channel's state, from which a client goes on."""
        await asyncio.to_thread(self._reserve, proof)

    async def commit(self, proof: Proof, answer: Answer) -> Settled:
        """Charge the channel; a deposit goes to the chain first. Raises PaymentRefusedError: x402's reasons,
        gas_too_dear, gas_budget_used (503), settlement_pending (503) where the chain takes too long: the same
        payment serves again then."""
        charging: asyncio.Future[Settled]
        if proof.details.payment.payload["type"] == "deposit":
            charging = self._settling.ask(self._charge, proof, answer)
        else:
            charging = asyncio.ensure_future(asyncio.to_thread(self._charge, proof, answer))
        try:
            return await asyncio.wait_for(asyncio.shield(charging), self.settle_seconds)
        except TimeoutError:
            charging.add_done_callback(lambda done: done.exception())
            raise x402.pending() from None

    async def release(self, proof: Proof) -> None:
        """See `Scheme.release`."""
        await asyncio.to_thread(self._scheme.clear_pending_request, proof.details.payment)

    # -------------------------------------------------------------------------------------------- settling

    def owing(self) -> list[Channel]:
        """Channels whose calls have cost more than was claimed."""
        return [one for one in self.channels.list() if _owed(one)]

    def owed(self) -> int:
        """Base units that were served for and are not claimed."""
        return sum(map(_owed, self.owing()))

    def state(self, channel: str) -> ChannelState:
        """What the contract says of a channel. Raises what the node does."""
        return self._facilitator.state(channel)

    def settle(self, due: Sequence[str] | None = None, urgent: Collection[str] = ()) -> Claimed:
        """Claim all that was served, or what was in these channels, whatever it costs, and have the contract
        pay it out. Blocks until that is final.

        Who sees a claim can read its voucher. Where that one's call is still being served, its channel is
        left for the next time, unless it is `urgent`. Raises RuntimeError where the contract does not pay
        out.
        """
        transactions: list[str] = []
        refused: list[str] = []
        if due is None:
            due = urgent = [one.channel_id for one in self.owing()]
        for start in range(0, len(due), CLAIMS_A_BATCH):
            self._claim(due[start : start + CLAIMS_A_BATCH], urgent, transactions, refused)
        try:
            transactions.append(self._manager.settle().transaction)
        except RuntimeError as error:
            if ERR_NOTHING_TO_SETTLE not in str(error):
                raise
        for channel in refused:
            log("gateway.claim_refused", logging.WARNING, channel=channel)
        return Claimed(tuple(transactions), tuple(refused))

    def _claim(
        self, due: Sequence[str], urgent: Collection[str], transactions: list[str], refused: list[str]
    ) -> None:
        """The package claims all of a batch or nothing: halve it until what fails is alone."""
        wanted = frozenset(due)

        def select(channels: list[Channel], context: AutoSettlementContext) -> list[Channel]:
            chosen = [
                one
                for one in channels
                if one.channel_id in wanted
                and (one.channel_id in urgent or not has_live_pending_request(one, context.now))
            ]
            self.calls.publish([_key(one) for one in chosen])
            return chosen

        try:
            results = self._manager.claim(ClaimOptions(CLAIMS_A_BATCH, select_claim_channels=select))
        except RuntimeError as error:
            if len(due) == 1:
                log("gateway.claim_failed", channel=due[0], error=error)
                refused.append(due[0])
                return
            middle = len(due) // 2
            self._claim(due[:middle], urgent, transactions, refused)
            self._claim(due[middle:], urgent, transactions, refused)
        else:
            transactions.extend(result.transaction for result in results)

    # --------------------------------------------------------------------------------------------- private

    def _earlier(self, proof: Proof) -> tuple[Settled, Answer] | None:
        """The answer of this call, if it was charged. Raises PaymentRefusedError idempotency_key_reused."""
        retry = retry_of(self.name, proof.payer, proof.call)
        found = self.calls.find(proof.key) if retry is None else self.calls.find_retry(retry)
        if found is None or found.settled is None or found.answer is None:
            return None
        if found.digest != proof.call.digest:
            if retry is None:
                return None
            raise other_call(proof.call.retry_key)
        if retry is None and (found.retry or found.age(self.calls.keep_seconds) > LOST_SECONDS):
            return None
        return found.settled, found.answer

    def _response(self, channel: Channel, amount: int) -> Json:
        """What the package answers for a charge that was made."""
        return x402.to_json(
            SettleResponse(
                success=True,
                payer=channel.channel_config.payer.lower(),
                transaction="",
                network=self.currency.network,
                amount="",
                extra={
                    "channelState": {
                        "channelId": channel.channel_id,
                        "balance": channel.balance,
                        "totalClaimed": channel.total_claimed,
                        "withdrawRequestedAt": channel.withdraw_requested_at,
                        "refundNonce": str(channel.refund_nonce),
                        "chargedCumulativeAmount": channel.charged_cumulative_amount,
                    },
                    "chargedAmount": str(amount),
                },
            )
        )

    def _reserve(self, proof: Proof) -> None:
        details: SignedVoucher = proof.details
        try:
            self._verify(details)
        except PaymentRefusedError:
            if details.payment.payload["type"] != "deposit" or not self._is_deposited(details):
                raise
            # Its deposit was made before, by a request that did not come to its end: the voucher is enough.
            kept = {name: details.payment.payload[name] for name in ("channelConfig", "voucher")}
            details.payment = details.payment.model_copy(update={"payload": {"type": "voucher", **kept}})
            self._verify(details)
        context = self._scheme.read_request_context(details.payment)
        channel = None if context is None else context.channel_snapshot
        if channel is not None and int(channel.charged_cumulative_amount) < int(channel.total_claimed):
            # Without a record of the channel the package takes a voucher for the sum after its own.
            self._scheme.clear_pending_request(details.payment)
            self.channels.forget(details.channel)
            raise x402.refused(ERR_CUMULATIVE_AMOUNT_BELOW_CLAIMED, None, ADVICE)
        if channel is None or channel.withdraw_requested_at:
            self._scheme.clear_pending_request(details.payment)
            raise PaymentRefusedError(
                "withdrawal_pending",
                "the payer has asked the contract for the channel's money back",
                "open another channel; this one is claimed up to its last voucher",
            )
        self._check_gas(details)

    def _check_gas(self, details: SignedVoucher) -> None:
        """Whether its transaction, if it takes one, would be paid for now. Raises PaymentRefusedError."""
        payment = details.payment
        permit = self._facilitator.permit(payment, details.requirements)
        if permit is None:
            return
        kind = payment.payload["type"]
        try:
            permit.check(GAS[kind][1], self.gas.look(self._facilitator.sender.node))
        except SpendingError as error:
            self._scheme.clear_pending_request(payment)
            raise x402.too_dear(error, _WAYS_OUT[kind]) from error
        except x402.NODE_ERRORS as error:
            self._scheme.clear_pending_request(payment)
            raise x402.unreachable() from error

    def _is_deposited(self, details: SignedVoucher) -> bool:
        """Whether the deposit's authorisation was used: the node's word is asked by the voucher's check."""
        try:
            verdict = self._facilitator.verify_voucher(details.payment, details.requirements)
        except x402.NODE_ERRORS:
            return False
        return verdict.is_valid

    def _verify(self, details: SignedVoucher) -> None:
        """Have the package verify, and hold the channel. Raises PaymentRefusedError."""
        try:
            verdict = self._server.verify_payment(details.payment, details.requirements).verify
        except PaymentAbortedError as error:
            verdict = VerifyResponse(is_valid=False, invalid_reason=error.reason)
        except x402.NODE_ERRORS as error:
            self._scheme.take_request_context(details.payment)
            raise x402.unreachable() from error
        if verdict.is_valid:
            return
        reason = verdict.invalid_reason
        if reason == ERR_CUMULATIVE_AMOUNT_MISMATCH:
            raise self._corrected(details)
        self._scheme.take_request_context(details.payment)
        if reason == ERR_CHANNEL_BUSY:
            if not self._facilitator.has_refunded(details.channel):
                raise in_use(details.channel)
            self._verify(details)
            return
        if reason == ERR_VERIFICATION_STATE_UNAVAILABLE:
            raise x402.unreachable()
        raise x402.refused(reason, verdict.invalid_message, ADVICE)

    def _corrected(self, details: SignedVoucher) -> PaymentRefusedError:
        """A refusal with the channel's state in `accepts`, as the package has it."""
        required = PaymentRequired(
            error=ERR_CUMULATIVE_AMOUNT_MISMATCH, accepts=[details.requirements.model_copy(deep=True)]
        )
        required.accepts[0].max_timeout_seconds = x402.TIMEOUT_SECONDS
        self._scheme.enrich_payment_required_response(
            SchemePaymentRequiredContext(
                requirements=required.accepts,
                resource_info=None,
                error=required.error,
                payment_required_response=required,
                payment_payload=details.payment,
            )
        )
        self._scheme.take_request_context(details.payment)
        return PaymentRefusedError(
            ERR_CUMULATIVE_AMOUNT_MISMATCH,
            "the voucher is not the channel's next: its sum must be what was charged before, and the price",
            ADVICE[ERR_CUMULATIVE_AMOUNT_MISMATCH],
            more={"accepts": [x402.to_json(one) for one in required.accepts]},
        )

    def _charge(self, proof: Proof, answer: Answer) -> Settled:
        """Channel and answer are written in one transaction: nobody is charged for an answer that is lost."""
        details: SignedVoucher = proof.details
        call = retry_of(self.name, proof.payer, proof.call), proof.call.digest

        def keep(connection: Connection, channel: Channel) -> None:
            if int(channel.charged_cumulative_amount) == details.voucher.max_claimable_amount:
                settled = Settled(self._response(channel, proof.amount))
                self.calls.write(connection, details.key, call, answer, settled)

        try:
            with self.channels.together(keep):
                response = self._server.settle_payment(details.payment, details.requirements)
        except PaymentAbortedError as error:
            if error.reason == ERR_CHANNEL_BUSY:
                raise in_use(details.channel) from error
            raise x402.refused(error.reason, None, ADVICE) from error
        except BaseException:
            self._scheme.clear_pending_request(details.payment)
            raise
        finally:
            self._scheme.take_request_context(details.payment)
        if not response.success:
            raise self._failed(details, response)
        return Settled(x402.to_json(response))

    def _failed(self, details: SignedVoucher, response: SettleResponse) -> PaymentRefusedError:
        reason, message = response.error_reason, response.error_message
        if reason == ERR_SETTLEMENT_PENDING:
            return x402.pending(response.transaction)
        if reason in (TOO_DEAR, USED_UP):
            error = self.gas.error(reason, message or reason)
            return x402.too_dear(error, _WAYS_OUT[details.payment.payload["type"]])
        return x402.refused(reason, message, ADVICE)

    def _refund(self, details: SignedVoucher) -> tuple[Settled, Answer]:
        """Give the payer back what is not charged. Raises PaymentRefusedError: settlement_pending where the
        chain takes too long, and the channel is held until it is heard of."""
        self._verify(details)
        self._check_gas(details)
        self.calls.publish([details.key])
        try:
            response = self._server.settle_payment(details.payment, details.requirements)
        except (ValueError, PaymentAbortedError) as error:
            self._scheme.clear_pending_request(details.payment)
            raise x402.refused(str(error), None, ADVICE) from error
        except x402.NODE_ERRORS as error:
            raise x402.pending() from error
        finally:
            self._scheme.take_request_context(details.payment)
        if not response.success:
            raise self._failed(details, response)
        body = json.dumps({"message": "Refund acknowledged", "channelId": details.channel}).encode()
        return Settled(x402.to_json(response)), Answer(200, ((b"content-type", b"application/json"),), body)


def _key(channel: Channel) -> str:
    """Of the voucher that a claim of the channel shows."""
    signature = bytes.fromhex(channel.signature.removeprefix("0x"))
    return voucher_key(channel.channel_id, int(channel.signed_max_claimable), signature)


def _owed(channel: Channel) -> int:
    return max(0, int(channel.charged_cumulative_amount) - int(channel.total_claimed))
