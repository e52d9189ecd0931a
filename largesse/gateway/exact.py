"""x402's scheme `exact`: an EIP-3009 authorisation for the price, settled on chain before the answer leaves.

The x402 package verifies and settles; this keeps what it does not: that one authorisation pays one call, in
whatever process, and that a payer whose answer was lost does not pay again. The authorisation has a nonce of
its payer, so the chain takes it once. It paid us if the token says so: `AuthorizationUsed` for the payer and
nonce, followed at once by the `Transfer` of that sum to us. That is looked up where a settlement failed
because the nonce is used: by our own transaction of before a crash, or by a stranger's copy of it.

The gas is ours: a payment that does not pay for it is refused (`largesse.gateway.spending`), and of one
account's payments no more are under way than its balance pays, since the others would fail.

An authorisation that was used before this gateway reserved it is refused: somebody else may have served for
it. Gateways with one recipient therefore share one database.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from typing import Final

from eth_typing import HexStr
from eth_utils.address import to_checksum_address
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

from largesse.eip712 import keccak
from largesse.gateway import wire, x402
from largesse.gateway.evm_signer import SenderSigner
from largesse.gateway.paid_calls import PaidCall, PaidCalls, already_used, in_use, other_call, retry_of
from largesse.gateway.schemes import Answer, Call, Json, PaymentRefusedError, Proof, Settled
from largesse.gateway.spending import (
    PAYMENTS,
    TOO_DEAR,
    WALLETS,
    GasBook,
    Permit,
    Spending,
    SpendingError,
)
from largesse.sender import Sender
from largesse.tokens import TRANSFER
from largesse.web.background import Workers

SETTLE_SECONDS: Final = 30.0
"""How long a request waits for its settlement; the settlement itself goes on."""
SETTLE_GAS: Final = 110_000
"""What a settlement in USDC is signed for, the sender's margin included, rounded up."""

_USED: Final = keccak(b"AuthorizationUsed(address,bytes32)")
_IS_USED: Final = keccak(b"authorizationState(address,bytes32)")[:4]
_MOST: Final = 2**256 - 1

_ADVICE: Final = {
    ERR_NONCE_ALREADY_USED: "sign a new authorisation with a fresh nonce",
    ERR_VALID_BEFORE_EXPIRED: "sign a new authorisation: this one has run out, or will before it is settled",
    ERR_VALID_AFTER_FUTURE: "sign an authorisation that is good already, or wait until this one is",
    ERR_INSUFFICIENT_BALANCE: "put more of the token into the paying account",
    ERR_INVALID_SIGNATURE: "sign with the key of `from`, in the token's EIP-712 domain (see `extra`)",
    ERR_AUTHORIZATION_VALUE_MISMATCH: "sign for exactly the amount in `accepts`",
}

_OTHER_WAY: Final = "pay one of the accepts, or this way again later: the authorisation was not used"


@dataclass(frozen=True)
class Authorization:
    """An EIP-3009 transfer; `value` in base units, `until` (its validBefore) in Unix seconds."""

    token: str
    payer: str
    to: str
    value: int
    nonce: str
    until: int

    @property
    def key(self) -> str:
        """What it uses up."""
        return f"{self.account}{self.nonce}".lower()

    @property
    def account(self) -> str:
        """How the keys of all payments of this account begin."""
        return f"exact:{self.token}:{self.payer}:".lower()


@dataclass
class _Details:
    payment: PaymentPayload
    requirements: PaymentRequirements
    authorization: Authorization
    block: int
    is_wallet: bool
    """Whether the payer's signature is what its code says."""
    is_first: bool
    """Whether nobody can have sent it before."""
    held: PaidCall | None = None

    def note(self) -> str:
        """What the next process needs to find out whether this was settled."""
        return json.dumps([self.block, asdict(self.authorization)])


class ExactScheme:
    """Takes EIP-3009 payments of `currency` to `pay_to`; the sender's account pays the gas, as far as `gas`
    lets it."""

    name = SCHEME_EXACT

    def __init__(
        self,
        sender: Sender,
        calls: PaidCalls,
        currency: x402.Currency,
        pay_to: str,
        *,
        gas: GasBook | None = None,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        self.sender = sender
        self.calls = calls
        self.gas = gas or GasBook(calls.engine, f"{currency.network}:{sender.wallet.address}", Spending())
        self.currency = currency
        self.pay_to = to_checksum_address(pay_to)
        self.settle_seconds = settle_seconds
        self._settling = Workers(x402.SETTLING, "exact settling")

    def is_offered(self, amount: int) -> bool:
        """Not while its gas would cost more than it brings."""
        return self.gas.pays(amount, SETTLE_GAS)

    def requirements(self, amount: int) -> Json:
        return x402.to_json(
            PaymentRequirements(
                scheme=self.name,
                network=self.currency.network,
                asset=self.currency.address,
                amount=str(amount),
                pay_to=self.pay_to,
                max_timeout_seconds=x402.TIMEOUT_SECONDS,
                extra={"name": self.currency.name, "version": self.currency.version},
            )
        )

    async def verify(self, payload: Json, requirements: Json, call: Call) -> Proof | tuple[Settled, Answer]:
        """See `Scheme.verify`. Raises PaymentRefusedError: x402's own reasons, gas_too_dear,
        malformed_payment (400), already_used, in_use (409), idempotency_key_reused (422), gas_budget_used,
        settlement_pending, chain_unreachable (503).

        A call that was charged is answered again to who repeats its Idempotency-Key; the authorisation alone
        is no secret once it was settled.
        """
        return await asyncio.to_thread(self._verified, payload, requirements, call)

    async def reserve(self, proof: Proof) -> None:
        """See `Scheme.reserve`. Raises PaymentRefusedError already_used, in_use, and x402's insufficient
        balance where the account's other payments need it."""
        await asyncio.to_thread(self._reserve, proof)

    async def commit(self, proof: Proof, answer: Answer) -> Settled:
        """Settle on chain. Raises PaymentRefusedError gas_too_dear, gas_budget_used (503) where it was not
        sent, settlement_pending (503) where that takes too long, or nobody can tell: the same payment serves
        again then."""
        settling = self._settling.ask(self._charge, proof.details, answer)
        try:
            return await asyncio.wait_for(asyncio.shield(settling), self.settle_seconds)
        except TimeoutError:
            # The thread goes on and writes the outcome down; its error has nobody to hear it.
            settling.add_done_callback(lambda done: done.exception())
            raise x402.pending() from None

    async def release(self, proof: Proof) -> None:
        """See `Scheme.release`."""
        await asyncio.to_thread(self.calls.release, _held(proof.details))

    # --------------------------------------------------------------------------------------------- private

    def _verified(self, payload: Json, requirements: Json, call: Call) -> Proof | tuple[Settled, Answer]:
        payment, wanted = x402.models(payload, requirements)
        authorization = _authorization(payload, wanted)
        retry = retry_of(self.name, authorization.payer, call)
        left = self.calls.find(authorization.key)
        if left is not None:
            if left.is_charged and retry is not None and left.is_for(call, retry):
                return _again(left)
            if left.is_charged or (left.state == "charging" and not left.is_for(call, retry)):
                raise already_used(left.key)
            if not left.is_abandoned():
                raise in_use(left.key)
        try:
            details = self._good(payment, wanted, authorization, left)
            earlier = self._earlier(call, retry, authorization.key)
        except x402.NODE_ERRORS as error:
            if isinstance(error, PaymentRefusedError):
                raise
            raise x402.unreachable() from error
        return earlier or Proof(
            scheme=self.name,
            key=authorization.key,
            payer=authorization.payer,
            amount=authorization.value,
            call=call,
            payload=payload,
            requirements=requirements,
            details=details,
        )

    def _good(
        self,
        payment: PaymentPayload,
        wanted: PaymentRequirements,
        authorization: Authorization,
        left: PaidCall | None,
    ) -> _Details:
        """Raises PaymentRefusedError with the package's reason."""
        # Read before the verification: what is used from this block on was unused when we looked.
        block = self.sender.node.block_number()
        is_wallet = self.sender.node.has_code(authorization.payer)
        verdict = ExactEvmScheme(SenderSigner(self.sender)).verify(payment, wanted)
        if not verdict.is_valid:
            paid = None
            if left is not None and verdict.invalid_reason == ERR_NONCE_ALREADY_USED:
                block, kept = _noted(left)
                paid = self._paid(kept, block) if kept == authorization else None
            if paid is None:
                raise x402.refused(verdict.invalid_reason, verdict.invalid_message, _ADVICE)
        details = _Details(payment, wanted, authorization, block, is_wallet, left is None)
        if details.is_first:
            try:
                self._permit(details).check(SETTLE_GAS, self.gas.look(self.sender.node))
            except SpendingError as error:
                raise _too_dear(error) from error
        return details

    def _permit(self, details: _Details) -> Permit:
        pot = WALLETS if details.is_wallet else PAYMENTS
        return self.gas.permit(pot, details.authorization.value, sure=not details.is_wallet)

    def _reserve(self, proof: Proof) -> None:
        details: _Details = proof.details
        retry = retry_of(self.name, proof.payer, proof.call)
        details.held = self.calls.reserve(proof.key, retry, proof.call.digest, details.note())
        if details.is_first:
            try:
                self._check_balance(details.authorization)
            except x402.NODE_ERRORS as error:
                self.calls.release(details.held)
                if isinstance(error, PaymentRefusedError):
                    raise
                raise x402.unreachable() from error

    def _check_balance(self, authorization: Authorization) -> None:
        """Each payment alone is good, all together may be more than there is. Raises PaymentRefusedError."""
        others = [_noted(one)[1] for one in self.calls.under_way(authorization.account)]
        others = [one for one in others if one.key != authorization.key]
        if not others:
            return
        now = self.sender.node.now()
        needed = authorization.value + sum(
            one.value for one in others if now <= one.until and not self._is_used(one)
        )
        if SenderSigner(self.sender).get_balance(authorization.payer, authorization.token) < needed:
            raise x402.refused(
                ERR_INSUFFICIENT_BALANCE,
                f"{len(others)} other payments of {authorization.payer} are under way, and need its balance",
                _ADVICE,
            )

    def _earlier(self, call: Call, retry: str | None, key: str) -> tuple[Settled, Answer] | None:
        """The answer of the call that this payer paid with another authorisation under this Idempotency-Key.

        Raises PaymentRefusedError idempotency_key_reused, in_use, settlement_pending.
        """
        found = self.calls.find_retry(retry)
        if found is None or found.key == key:
            return None
        if found.digest != call.digest:
            raise other_call(call.retry_key)
        if found.is_charged:
            return _again(found)
        if not found.is_abandoned():
            raise in_use(found.key)
        if found.state == "charging":
            block, authorization = _noted(found)
            if (receipt := self._paid(authorization, block)) is not None:
                self.calls.charged(found, self._settled(receipt))
                return self._earlier(call, retry, key)
            if not self._is_used(authorization) and self.sender.node.now() <= authorization.until:
                raise x402.pending()  # it may still be sent
        return None

    def _charge(self, details: _Details, answer: Answer) -> Settled:
        held = _held(details)
        self.calls.charging(held, answer, self.settle_seconds + self.calls.lease_seconds)
        permit = self._permit(details)
        signer = SenderSigner(self.sender, permit)
        response = ExactEvmScheme(signer).settle(details.payment, details.requirements)
        if response.success:
            permit.succeeded()
            settled = Settled(x402.to_json(response))
        elif permit.refused is not None:
            self.calls.release(held)
            raise _too_dear(permit.refused)
        else:
            try:
                settled = self._found(held, signer, response)
            except PaymentRefusedError as error:
                (self.calls.uncertain if error.problem.status == 503 else self.calls.release)(held)
                raise
            except x402.NODE_ERRORS as error:
                self.calls.uncertain(held)
                raise x402.pending(response.transaction) from error
        self.calls.charged(held, settled)
        return settled

    def _found(self, held: PaidCall, signer: SenderSigner, response: SettleResponse) -> Settled:
        """What the chain says where the package's settlement failed.

        Raises PaymentRefusedError: settlement_pending where it may still come to be, or the package's reason.
        """
        block, authorization = _noted(held)
        if (receipt := self._paid(authorization, block)) is not None:
            return self._settled(receipt)
        unconfirmed = signer.unconfirmed()
        if unconfirmed and not self._is_used(authorization):
            raise x402.pending(unconfirmed[-1])
        raise x402.refused(response.error_reason, response.error_message, _ADVICE)

    def _settled(self, receipt: TxReceipt) -> Settled:
        """What a receipt that was found says."""
        tx_hash = receipt["transactionHash"].to_0x_hex()
        return Settled(
            x402.to_json(SettleResponse(success=True, transaction=tx_hash, network=self.currency.network))
        )

    def _is_used(self, authorization: Authorization) -> bool:
        data = _IS_USED + _word(authorization.payer) + bytes.fromhex(authorization.nonce[2:])
        answer = self.sender.node.web3.eth.call(
            {"to": to_checksum_address(authorization.token), "data": HexStr("0x" + data.hex())}
        )
        return int.from_bytes(bytes(answer), "big") != 0

    def _paid(self, authorization: Authorization, block: int) -> TxReceipt | None:
        """The final receipt in which the token says that this authorisation paid us, from `block` on."""
        node = self.sender.node
        for log in node.web3.eth.get_logs(
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
            receipt = node.final_receipt(log["transactionHash"].to_0x_hex())
            if receipt is not None and _transferred(receipt["logs"], log["logIndex"] + 1, authorization):
                return receipt
        return None


def _authorization(payload: Json, wanted: PaymentRequirements) -> Authorization:
    """Raises PaymentRefusedError malformed_payment."""
    if "permit2Authorization" in payload:
        raise x402.malformed("'permit2Authorization': this server takes EIP-3009 authorisations")
    wire.octets(payload, "signature", 4_096)
    signed = x402.part(payload, "authorization")
    wire.number(signed, "validAfter", _MOST)
    return Authorization(
        token=to_checksum_address(wanted.asset),
        payer=x402.address(signed, "from"),
        to=x402.address(signed, "to"),
        value=wire.number(signed, "value", _MOST),
        nonce="0x" + x402.word(signed, "nonce").hex(),
        until=wire.number(signed, "validBefore", _MOST),
    )


def _too_dear(error: SpendingError) -> PaymentRefusedError:
    """402 where another way to pay helps, and 503 where waiting does."""
    return x402.too_dear(error, _OTHER_WAY, status=402 if error.reason == TOO_DEAR else 503)


def _held(details: _Details) -> PaidCall:
    if details.held is None:
        raise RuntimeError("the proof was not reserved")
    return details.held


def _noted(held: PaidCall) -> tuple[int, Authorization]:
    block, authorization = json.loads(held.note)
    return block, Authorization(**authorization)


def _again(charged: PaidCall) -> tuple[Settled, Answer]:
    if charged.settled is None or charged.answer is None:
        raise already_used(charged.key)
    return charged.settled, charged.answer


def _transferred(logs: list[LogReceipt], index: int, authorization: Authorization) -> bool:
    """Whether the log of this index is the transfer. It must follow the use of the authorisation at once:
    another transfer of the same sum in the same transaction belongs to another authorisation."""
    for log in logs:
        if log["logIndex"] == index:
            topics = [bytes(topic) for topic in log["topics"]]
            return (
                log["address"].lower() == authorization.token.lower()
                and topics == [TRANSFER, _word(authorization.payer), _word(authorization.to)]
                and int.from_bytes(bytes(log["data"]), "big") == authorization.value
            )
    return False


def _word(account: str) -> bytes:
    return bytes(12) + bytes.fromhex(account[2:])
