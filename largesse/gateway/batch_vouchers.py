"""The vouchers of x402's scheme `batch-settlement`: read, and held to what the contract will ask later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from x402.mechanisms.evm.batch_settlement.errors import (
    ERR_CHANNEL_ID_MISMATCH,
    ERR_CHANNEL_NOT_FOUND,
    ERR_CUMULATIVE_AMOUNT_BELOW_CLAIMED,
    ERR_CUMULATIVE_AMOUNT_MISMATCH,
    ERR_CUMULATIVE_EXCEEDS_BALANCE,
    ERR_DEPOSIT_BELOW_MIN_DEPOSIT,
    ERR_INSUFFICIENT_BALANCE,
    ERR_INVALID_VOUCHER_SIGNATURE,
)
from x402.schemas import PaymentPayload, PaymentRequirements

from largesse.addresses import ZERO_ADDRESS
from largesse.eip712 import CURVE_ORDER, Domain, InvalidSignatureError, keccak, recover
from largesse.gateway import wire, x402
from largesse.gateway.schemes import Json, PaymentRefusedError
from largesse.signed.channels import ChannelConfig, Voucher

_HALF_ORDER: Final = CURVE_ORDER // 2
_MOST_SUM: Final = 2**128 - 1
_MOST: Final = 2**256 - 1
_KINDS: Final = ("deposit", "voucher", "refund")

ADVICE: Final = {
    ERR_CUMULATIVE_AMOUNT_MISMATCH: "take the channel's state from `accepts`, and sign the next sum after it",
    ERR_CUMULATIVE_AMOUNT_BELOW_CLAIMED: "sign the sum that the contract has paid, and the price",
    ERR_CUMULATIVE_EXCEEDS_BALANCE: "deposit more into the channel",
    ERR_CHANNEL_NOT_FOUND: "deposit into the channel first",
    ERR_INSUFFICIENT_BALANCE: "put more of the token into the paying account",
    ERR_DEPOSIT_BELOW_MIN_DEPOSIT: "deposit at least `extra.minDeposit`: the server pays for its transaction",
    ERR_INVALID_VOUCHER_SIGNATURE: "sign with the key of payerAuthorizer: 65 bytes, low s, v of 27 or 28",
    ERR_CHANNEL_ID_MISMATCH: "compute the channel's id from its configuration, for this chain",
}


@dataclass
class SignedVoucher:
    """A payment that was read: the voucher in it, and the 65 bytes of its signature."""

    payment: PaymentPayload
    requirements: PaymentRequirements
    voucher: Voucher
    signature: bytes

    @property
    def channel(self) -> str:
        return "0x" + self.voucher.channel_id.hex()

    @property
    def key(self) -> str:
        """What the voucher uses up."""
        return voucher_key(self.channel, self.voucher.max_claimable_amount, self.signature)


def read_voucher(
    payment: PaymentPayload, wanted: PaymentRequirements, domain: Domain
) -> tuple[SignedVoucher, str]:
    """The voucher, whose signature the contract of `domain` will take, and its payer.

    Raises PaymentRefusedError: malformed_payment, payer_authorizer_required, x402's reasons.
    """
    payload = payment.payload
    kind = payload.get("type")
    if kind not in _KINDS:
        raise x402.malformed(f"'type' is {kind!r}, and must be one of {', '.join(_KINDS)}")
    if kind == "deposit":
        _check_deposit(payload)
    config, voucher = _config(x402.part(payload, "channelConfig")), x402.part(payload, "voucher")
    signed = Voucher(x402.word(voucher, "channelId"), wire.number(voucher, "maxClaimableAmount", _MOST_SUM))
    signature = wire.octets(voucher, "signature", 65)
    if config.payer_authorizer == ZERO_ADDRESS:
        raise PaymentRefusedError(
            "payer_authorizer_required",
            "the channel's vouchers are signed by a contract, which may change its mind before they are "
            "claimed",
            "open a channel whose payerAuthorizer is the address of a key",
        )
    if config.digest(domain) != signed.channel_id:
        raise x402.refused(ERR_CHANNEL_ID_MISMATCH, None, ADVICE)
    if not _takes(signed.digest(domain), signature, config.payer_authorizer):
        raise x402.refused(ERR_INVALID_VOUCHER_SIGNATURE, None, ADVICE)
    return SignedVoucher(payment, wanted, signed, signature), config.payer


def _check_deposit(payload: Mapping[str, Any]) -> None:
    """Raises PaymentRefusedError malformed_payment."""
    deposit = x402.part(payload, "deposit")
    wire.number(deposit, "amount", _MOST_SUM)
    signed = x402.part(x402.part(deposit, "authorization"), "erc3009Authorization")
    for name in ("validAfter", "validBefore"):
        wire.number(signed, name, _MOST)
    x402.word(signed, "salt")
    wire.octets(signed, "signature", 4_096)


def _config(config: Json) -> ChannelConfig:
    """Raises PaymentRefusedError malformed_payment."""
    delay = config.get("withdrawDelay")
    if not isinstance(delay, int) or isinstance(delay, bool) or not 0 <= delay < 2**40:
        raise x402.malformed(f"'withdrawDelay' is {delay!r}, and must be a number of seconds")
    return ChannelConfig(
        x402.address(config, "payer"),
        x402.address(config, "payerAuthorizer"),
        x402.address(config, "receiver"),
        x402.address(config, "receiverAuthorizer"),
        x402.address(config, "token"),
        delay,
        x402.word(config, "salt"),
    )


def _takes(digest: bytes, signature: bytes, signer: str) -> bool:
    """Whether the contract takes this signature: it wants low s and v of 27 or 28."""
    if len(signature) != 65 or int.from_bytes(signature[32:64], "big") > _HALF_ORDER:
        return False
    try:
        return recover(digest, signature) == signer
    except InvalidSignatureError:
        return False


def voucher_key(channel: str, amount: int, signature: bytes) -> str:
    return f"batch:{channel}:{amount}:{keccak(signature).hex()}"
