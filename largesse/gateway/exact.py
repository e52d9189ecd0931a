"""x402's scheme `exact`: an EIP-3009 authorisation for the price, settled on chain before the answer leaves.

The x402 package verifies and settles; this keeps what it does not: that one authorisation pays one call, in
whatever process, and that a payer whose answer was lost does not pay again. The payer's authorisation names
its own nonce, so the chain takes it once. It was settled if the token says so: `AuthorizationUsed` for the
payer and nonce, followed at once by the `Transfer` of that sum to us. That is looked up where a settlement
failed because the nonce is used: our own transaction of before a crash, or a stranger's copy of it.

An authorisation that was used before this gateway reserved it is refused: somebody else may have served for
it. Gateways with one recipient therefore share one database.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from eth_typing import HexStr
from eth_utils.address import to_checksum_address
from web3.exceptions import Web3Exception
from web3.types import LogReceipt, TxReceipt
from x402.mechanisms.evm.constants import (
    ERR_AUTHORIZATION_VALUE_MISMATCH,
    ERR_INSUFFICIENT_BALANCE,
    ERR_INVALID_SIGNATURE,
    ERR_NONCE_ALREADY_USED,
    ERR_VALID_AFTER_FUTURE,
    ERR_VALID_BEFORE_EXPIRED,
    SCHEME_EXACT,
)
from x402.mechanisms.evm.exact.facilitator import ExactEvmScheme
from x402.schemas import PaymentPayload, PaymentRequirements, SettleResponse

from largesse.errors import LargesseError
from largesse.gateway.evm_signer import SenderSigner
from largesse.gateway.paid_calls import PaidCall, PaidCalls, already_used, in_use
from largesse.gateway.schemes import Answer, Call, Json, PaymentRefusedError, Proof, Settled
from largesse.gateway.x402_wire import (
    ADDRESS,
    SIGNATURE,
    TIMEOUT_SECONDS,
    WORD,
    Currency,
    accepted,
    field,
    malformed,
    number,
    pending,
    refused,
    response_json,
)
from largesse.signing import keccak

SETTLE_SECONDS: Final = 30.0
"""How long a request waits for its settlement; the settlement itself goes on."""

_USED: Final = keccak(b"AuthorizationUsed(address,bytes32)")
_TRANSFER: Final = keccak(b"Transfer(address,address,uint256)")
_NODE_ERRORS: Final = (Web3Exception, LargesseError, OSError)

_ADVICE: Final = {
    ERR_NONCE_ALREADY_USED: "Sign a new authorisation with a fresh nonce.",
    ERR_VALID_BEFORE_EXPIRED: "Sign a new authorisation: this one has run out, or will before it is settled.",
    ERR_VALID_AFTER_FUTURE: "Sign an authorisation that is valid already, or wait until this one is.",
    ERR_INSUFFICIENT_BALANCE: "Put more of the token into the paying account.",
    ERR_INVALID_SIGNATURE: "Sign with the key of `from`, in the token's EIP-712 domain (see `extra`).",
    ERR_AUTHORIZATION_VALUE_MISMATCH: "Sign for exactly the amount in `accepts`.",
}


@dataclass(frozen=True)
class Authorization:
    """An EIP-3009 transfer; `value` in base units, times in Unix seconds."""

    token: str
    payer: str
    to: str
    value: int
    nonce: str

    @property
    def key(self) -> str:
        """What it uses up."""
        return f"exact:{self.token}:{self.payer}:{self.nonce}".lower()


@dataclass(frozen=True)
class _Details:
    payment: PaymentPayload
    requirements: PaymentRequirements
    authorization: Authorization
    block: int


class ExactScheme:
    """Takes EIP-3009 payments of `currency` to `pay_to`; the signer's account pays the gas."""

    name = SCHEME_EXACT

    def __init__(
        self,
        signer: SenderSigner,
        calls: PaidCalls,
        currency: Currency,
        pay_to: str,
        *,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        self.signer = signer
        self.calls = calls
        self.currency = currency
        self.pay_to = to_checksum_address(pay_to)
        self.settle_seconds = settle_seconds
        self._facilitator = ExactEvmScheme(signer)
        self._held: dict[str, PaidCall] = {}

    def requirements(self, amount: int) -> Json:
        return response_json(
            PaymentRequirements(
                scheme=self.name,
                network=self.currency.network,
                asset=self.currency.address,
                amount=str(amount),
                pay_to=self.pay_to,
                max_timeout_seconds=TIMEOUT_SECONDS,
                extra={"name": self.currency.name, "version": self.currency.version},
            )
        )

    async def verify(self, payload: Json, requirements: Json, call: Call) -> Proof | tuple[Settled, Answer]:
        """See `Scheme.verify`. Reasons are x402's own, and those of `accepted`, already_used and in_use."""
        payment, wanted = accepted(self.name, payload, requirements)
        authorization = _authorization(payment.payload, wanted)
        if (again := self.calls.again(authorization.key, call.digest)) is not None:
            return again
        return await asyncio.to_thread(
            self._verified, payment, wanted, authorization, call, payload, requirements
        )

    async def reserve(self, proof: Proof) -> None:
        """See `Scheme.reserve`."""
        details: _Details = proof.details
        note = json.dumps({"block": details.block})
        self._held[proof.key] = self.calls.reserve(proof.key, proof.call.digest, note)

    async def commit(self, proof: Proof, answer: Answer) -> Settled:
        """Settle on chain. Raises PaymentRefusedError settlement_pending (503) where that takes too long, or
        nobody can tell: the same payment serves again then."""
        held = self._held.pop(proof.key)
        settling = asyncio.create_task(asyncio.to_thread(self._charge, held, proof, answer))
        try:
            return await asyncio.wait_for(asyncio.shield(settling), self.settle_seconds)
        except TimeoutError:
            # The thread goes on and writes the outcome down; its error, if any, has nobody to hear it.
            settling.add_done_callback(lambda task: task.exception())
            raise pending("", self.currency.network) from None

    async def release(self, proof: Proof) -> None:
        """See `Scheme.release`."""
        if (held := self._held.pop(proof.key, None)) is not None:
            self.calls.release(held)

    # --------------------------------------------------------------------------------------------- private

    def _verified(
        self,
        payment: PaymentPayload,
        wanted: PaymentRequirements,
        authorization: Authorization,
        call: Call,
        payload: Json,
        requirements: Json,
    ) -> Proof:
        left = self.calls.find(authorization.key)
        if left is not None and not left.abandoned():
            raise already_used(left.key) if left.state == "charged" else in_use(left.key)
        # Read before the verification: what is used from this block on was unused when we looked.
        block = self.signer.node.block_number()
        verdict = self._facilitator.verify(payment, wanted)
        if not verdict.is_valid:
            paid = None
            if left is not None and verdict.invalid_reason == ERR_NONCE_ALREADY_USED:
                block = int(json.loads(left.note)["block"])
                paid = self._paid(authorization, block)
            if paid is None:
                raise refused(verdict.invalid_reason, verdict.invalid_message, _ADVICE)
        details = _Details(payment, wanted, authorization, block)
        return Proof(
            scheme=self.name,
            key=authorization.key,
            payer=authorization.payer,
            amount=authorization.value,
            call=call,
            payload=payload,
            requirements=requirements,
            details=details,
        )

    def _charge(self, held: PaidCall, proof: Proof, answer: Answer) -> Settled:
        details: _Details = proof.details
        self.calls.charging(held, answer, self.settle_seconds + self.calls.lease_seconds)
        response = self._settle(details, int(json.loads(held.note)["block"]))
        if response.success:
            settled = Settled(response_json(response))
            self.calls.charged(held, settled)
            return settled
        if response.error_reason is None:
            self.calls.uncertain(held)
            raise pending(response.transaction, self.currency.network)
        self.calls.release(held)
        raise refused(response.error_reason, response.error_message, _ADVICE)

    def _settle(self, details: _Details, block: int) -> SettleResponse:
        """By the package; a failure is checked against the chain. No `error_reason` where nobody can tell."""
        authorization = details.authorization
        response = self._facilitator.settle(details.payment, details.requirements)
        if response.success:
            return response
        try:
            paid = self._paid(authorization, block)
            used = paid is None and self._is_used(authorization)
        except _NODE_ERRORS:
            return self._response(None, response.transaction)
        if paid is not None:
            return self._response(paid, paid["transactionHash"].to_0x_hex())
        if used or self._is_refusal(response):
            return response
        return self._response(None, response.transaction)

    def _is_refusal(self, response: SettleResponse) -> bool:
        """Whether the package, or the chain, said no: not that the node failed to answer."""
        return response.error_reason in _ADVICE

    def _response(self, receipt: TxReceipt | None, tx_hash: str) -> SettleResponse:
        return SettleResponse(success=receipt is not None, transaction=tx_hash, network=self.currency.network)

    def _is_used(self, authorization: Authorization) -> bool:
        data = keccak(b"authorizationState(address,bytes32)")[:4] + _word(authorization.payer)
        answer = self.signer.node.web3.eth.call(
            {
                "to": to_checksum_address(authorization.token),
                "data": HexStr("0x" + (data + bytes.fromhex(authorization.nonce[2:])).hex()),
            }
        )
        return int.from_bytes(bytes(answer), "big") != 0

    def _paid(self, authorization: Authorization, block: int) -> TxReceipt | None:
        """The final receipt in which the token says that this authorisation paid us, from `block` on."""
        for log in self.signer.node.web3.eth.get_logs(
            {
                "address": to_checksum_address(authorization.token),
                "topics": [
                    HexStr("0x" + _USED.hex()),
                    HexStr("0x" + _word(authorization.payer).hex()),
                    HexStr(authorization.nonce),
                ],
                "fromBlock": block,
                "toBlock": "latest",
            }
        ):
            receipt = self.signer.node.final_receipt(log["transactionHash"].to_0x_hex())
            if receipt is not None and _transferred(receipt["logs"], log["logIndex"] + 1, authorization):
                return receipt
        return None


def _authorization(payload: Mapping[str, Any], wanted: PaymentRequirements) -> Authorization:
    """Raises PaymentRefusedError malformed."""
    if "permit2Authorization" in payload:
        raise malformed("payload.permit2Authorization: this server takes EIP-3009 authorisations")
    field(payload, "signature", SIGNATURE)
    for name in ("validAfter", "validBefore"):
        number(payload, f"authorization.{name}")
    return Authorization(
        token=wanted.asset,
        payer=to_checksum_address(field(payload, "authorization.from", ADDRESS)),
        to=to_checksum_address(field(payload, "authorization.to", ADDRESS)),
        value=number(payload, "authorization.value"),
        nonce=field(payload, "authorization.nonce", WORD).lower(),
    )


def _transferred(logs: list[LogReceipt], index: int, authorization: Authorization) -> bool:
    """Whether the log of this index is the transfer. It must follow the use of the authorisation at once:
    another transfer of the same sum in the same transaction belongs to another authorisation."""
    for log in logs:
        if log["logIndex"] == index:
            topics = [bytes(topic) for topic in log["topics"]]
            return (
                log["address"].lower() == authorization.token.lower()
                and topics == [_TRANSFER, _word(authorization.payer), _word(authorization.to)]
                and int.from_bytes(bytes(log["data"]), "big") == authorization.value
            )
    return False


def _word(address: str) -> bytes:
    return bytes(12) + bytes.fromhex(address[2:])
