"""What is compared, each in a process of its own: one trivial call, free or paid in one way or another."""

from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp
from x402 import x402Facilitator, x402ResourceServer
from x402.http.middleware.fastapi import payment_middleware
from x402.http.types import PaymentOption, RouteConfig
from x402.mechanisms.evm.batch_settlement.authorizer_signer import LocalAuthorizerSigner
from x402.mechanisms.evm.batch_settlement.facilitator import BatchSettlementEvmFacilitator
from x402.mechanisms.evm.batch_settlement.server import BatchSettlementEvmScheme
from x402.mechanisms.evm.batch_settlement.server.scheme import BatchSettlementEvmSchemeServerConfig
from x402.mechanisms.evm.signers import FacilitatorWeb3Signer
from x402.schemas import AssetAmount

from largesse.chain import Node, Wallet
from largesse.client import Certificates
from largesse.gateway.batch import WITHDRAW_SECONDS
from largesse.gateway.gateway import Gateway, Limits
from largesse.gateway.pricing import Price
from largesse.prepaid import Prepaid
from largesse.web.serving import serve

PRICE = 100
KINDS = ("free", "middleware", "batch", "vouchers")


def main(settings: dict[str, Any]) -> None:
    serve(_app(settings), "127.0.0.1", settings["port"])


def _api() -> FastAPI:
    api = FastAPI()

    @api.get("/health")
    async def health() -> None:
        """Free."""

    @api.get("/work")
    async def work() -> dict[str, str]:
        return {"done": "yes"}

    return api


def _app(settings: dict[str, Any]) -> ASGIApp:
    kind = settings["kind"]
    if kind == "free":
        return _api()
    if kind == "middleware":
        return _middleware(settings)
    prepaid = Prepaid(Certificates(Node.at(settings["url"]), settings["certificates"]), settings["accounts"])
    gateway = Gateway(
        prepaid,
        Wallet.from_key("merchant", settings["seller"]),
        settings["database"],
        limits=Limits(per_address=1e9, per_account=1e9),
    )
    scheme = gateway.vouchers if kind == "vouchers" else gateway.batch()
    return gateway.app(_api(), [Price("GET", "/work", PRICE)], [scheme])


def _middleware(settings: dict[str, Any]) -> ASGIApp:
    """The x402 package's own: batch settlement, channels in memory, its facilitator in this process."""
    seller, asked = Wallet.from_key("merchant", settings["seller"]), settings["asked"]
    key = "0x" + seller.key.hex()
    authorizer = LocalAuthorizerSigner(key)
    facilitator = x402Facilitator()
    signer = FacilitatorWeb3Signer(key, settings["url"])
    facilitator.register([asked["network"]], BatchSettlementEvmFacilitator(signer, authorizer))
    server = x402ResourceServer(facilitator)
    config = BatchSettlementEvmSchemeServerConfig(
        receiver_authorizer_signer=authorizer, withdraw_delay=WITHDRAW_SECONDS
    )
    server.register(asked["network"], BatchSettlementEvmScheme(asked["payTo"], config))
    price = AssetAmount(amount=str(PRICE), asset=asked["asset"], extra=asked["extra"])
    option = PaymentOption(asked["scheme"], asked["payTo"], price, asked["network"], 60)
    api = _api()
    api.middleware("http")(payment_middleware({"GET /work": RouteConfig([option])}, server))
    return api
