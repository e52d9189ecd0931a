"""Payments as a client signs them, and as a thief would."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from eth_abi.abi import encode
from eth_account import Account
from x402.mechanisms.evm.batch_settlement.constants import ERC3009_DEPOSIT_COLLECTOR_ADDRESS

from largesse.chain import Wallet
from largesse.eip712 import Domain, keccak
from largesse.signed.channels import ChannelConfig, Voucher
from tests.support.x402_world import PRICE, Shop, X402World

ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_TRANSFER: Final = [
    "from:address",
    "to:address",
    "value:uint256",
    "validAfter:uint256",
    "validBefore:uint256",
    "nonce:bytes32",
]


def header(payload: Mapping[str, Any], accepted: Mapping[str, Any]) -> dict[str, str]:
    """PAYMENT-SIGNATURE for this payload."""
    payment = {"x402Version": 2, "payload": payload, "accepted": accepted}
    return {"PAYMENT-SIGNATURE": base64.b64encode(json.dumps(payment).encode()).decode()}


def decoded(value: str) -> dict[str, Any]:
    """What a PAYMENT-REQUIRED or PAYMENT-RESPONSE header holds."""
    found: dict[str, Any] = json.loads(base64.b64decode(value))
    return found


_LATER: Final = 2**40  # tests move the chain's clock


@dataclass(frozen=True)
class Authorized:
    """An EIP-3009 authorisation of `wallet`; change it with `replace`, and it signs what it then says."""

    world: X402World
    wallet: Wallet
    to: str
    value: int = PRICE
    valid_after: int = 0
    valid_before: int = 0
    nonce: bytes = b""
    chain_id: int = 0
    kind: str = "TransferWithAuthorization"

    def signature(self) -> bytes:
        types = {self.kind: [dict(zip(("name", "type"), one.split(":"), strict=True)) for one in _TRANSFER]}
        domain = {**self.world.usdc.domain(), "chainId": self.chain_id or self.world.node.chain_id}
        message = {
            "from": self.wallet.address,
            "to": self.to,
            "value": self.value,
            "validAfter": self.valid_after,
            "validBefore": self.valid_before,
            "nonce": self.nonce,
        }
        return bytes(Account.sign_typed_data(self.wallet.key, domain, types, message).signature)

    def payload(self) -> dict[str, Any]:
        """Of the scheme `exact`."""
        return {
            "authorization": {
                "from": self.wallet.address,
                "to": self.to,
                "value": str(self.value),
                "validAfter": str(self.valid_after),
                "validBefore": str(self.valid_before),
                "nonce": "0x" + self.nonce.hex(),
            },
            "signature": "0x" + self.signature().hex(),
        }

    def call(self) -> tuple[str, bytes]:
        """The token and the call that makes the transfer: anybody may send it."""
        function = self.world.usdc.contract.get_function_by_signature(
            "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"
        )
        bound = function(
            self.wallet.address,
            self.to,
            self.value,
            self.valid_after,
            self.valid_before,
            self.nonce,
            self.signature(),
        )
        return self.world.usdc.address, bytes.fromhex(bound._encode_transaction_data()[2:])

    def is_used(self) -> bool:
        function = self.world.usdc.contract.functions.authorizationState
        return bool(function(self.wallet.address, self.nonce).call())


def authorized(world: X402World, wallet: Wallet | None = None, **changes: Any) -> Authorized:
    """Good for one call."""
    good = Authorized(
        world,
        wallet or world.payer,
        world.pay_to,
        valid_before=_LATER,
        nonce=secrets.token_bytes(32),
    )
    return replace(good, **changes)


@dataclass
class Payer:
    """A channel's payer, who signs whatever sum it is told to."""

    world: X402World
    shop: Shop
    wallet: Wallet
    config: ChannelConfig

    @property
    def domain(self) -> Domain:
        return self.shop.batch.domain

    @property
    def channel(self) -> bytes:
        return self.config.digest(self.domain)

    def config_tuple(self) -> tuple[Any, ...]:
        """As the contract takes it."""
        config = self.config
        return (
            config.payer,
            config.payer_authorizer,
            config.receiver,
            config.receiver_authorizer,
            config.token,
            config.withdraw_delay,
            config.salt,
        )

    def voucher(self, amount: int, signature: bytes | None = None) -> dict[str, Any]:
        """Of the scheme `batch-settlement`: up to `amount` base units in all."""
        signed = signature or Voucher(self.channel, amount).sign(self.domain, self.wallet.key)
        config = self.config
        return {
            "type": "voucher",
            "channelConfig": {
                "payer": config.payer,
                "payerAuthorizer": config.payer_authorizer,
                "receiver": config.receiver,
                "receiverAuthorizer": config.receiver_authorizer,
                "token": config.token,
                "withdrawDelay": config.withdraw_delay,
                "salt": "0x" + config.salt.hex(),
            },
            "voucher": {
                "channelId": "0x" + self.channel.hex(),
                "maxClaimableAmount": str(amount),
                "signature": "0x" + signed.hex(),
            },
        }

    def deposit(self, deposit: int, amount: int) -> dict[str, Any]:
        """The same with a deposit."""
        salt = secrets.token_bytes(32)
        signed = Authorized(
            self.world,
            self.wallet,
            ERC3009_DEPOSIT_COLLECTOR_ADDRESS,
            deposit,
            valid_before=_LATER,
            nonce=keccak(encode(["bytes32", "uint256"], [self.channel, int.from_bytes(salt, "big")])),
            kind="ReceiveWithAuthorization",
        )
        authorization = {
            "validAfter": "0",
            "validBefore": str(signed.valid_before),
            "salt": "0x" + salt.hex(),
            "signature": "0x" + signed.signature().hex(),
        }
        return {
            **self.voucher(amount),
            "type": "deposit",
            "deposit": {"amount": str(deposit), "authorization": {"erc3009Authorization": authorization}},
        }


def payer(world: X402World, shop: Shop, **changes: Any) -> Payer:
    """A new payer with 1,000 USDC, and the channel that the shop asks for."""
    wallet = world.fund(Wallet.from_key("payer", secrets.token_bytes(32)))
    config = ChannelConfig(
        payer=wallet.address,
        payer_authorizer=wallet.address,
        receiver=world.pay_to,
        receiver_authorizer=shop.batch.authorizer.address,
        token=world.usdc.address,
        withdraw_delay=900,
        salt=bytes(32),
    )
    return Payer(world, shop, wallet, replace(config, **changes))
