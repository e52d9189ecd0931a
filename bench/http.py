"""What a paid HTTP call and a voucher cost, beside the x402 package, in one run: `make bench-http`.

Every server is a process of its own and says what CPU it has used (`resource.getrusage`, all threads); the
load comes from this process and is not counted. Absolute figures are this machine's: compare the ratios.
"""

from __future__ import annotations

import asyncio
import base64
import json
import multiprocessing
import os
import resource
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import FastAPI, Request, Response
from x402 import x402ResourceServer
from x402.http.middleware.fastapi import payment_middleware
from x402.mechanisms.evm.batch_settlement.constants import (
    BATCH_SETTLEMENT_ADDRESS,
    BATCH_SETTLEMENT_DOMAIN_NAME,
    BATCH_SETTLEMENT_DOMAIN_VERSION,
)
from x402.mechanisms.evm.batch_settlement.facilitator.utils import verify_batch_settlement_voucher_typed_data
from x402.mechanisms.evm.exact.facilitator import ExactEvmScheme
from x402.mechanisms.evm.exact.server import ExactEvmScheme as ExactServer
from x402.schemas import (
    PaymentPayload,
    PaymentRequirements,
    SettleResponse,
    SupportedResponse,
    VerifyResponse,
)

from largesse import curve
from largesse.chain import Node, Wallet, development_wallet
from largesse.clients.accounts import Opening, Prepaid
from largesse.clients.certificates import Certificates
from largesse.database import sqlite_url
from largesse.deploying import deploy, plan_deployment
from largesse.eip712 import Domain, Message, keccak, solidity
from largesse.gateway import wire
from largesse.gateway.gateway import Gateway, Limits
from largesse.gateway.pricing import Price
from largesse.nodes import development_node
from largesse.signed.accounts import Voucher, VoucherDigests
from largesse.signed.channels import Voucher as ChannelVoucher
from largesse.signed.signers import KnownSigners
from largesse.usdc import deploy_usdc
from largesse.web.serving import configured, listen

PRICE: Final = 100
CONNECTIONS: Final = 16
CALLS: Final = 1_600
WARM_UP: Final = 160
ROUNDS: Final = 7
VOUCHERS: Final = 500
VOUCHER_ROUNDS: Final = 15
NETWORK: Final = "eip155:31337"
USDC: Final = "0x036CbD53842c5426634e7929541eC2318f3dCF7e"
SELLER: Final = development_wallet("merchant")
REPORT: Final = Path(__file__).with_name("HTTP.md")
GOALS: Final = {"middleware": 2.0, "middleware, retry keys": 2.0, "vouchers": 8.0}


# --------------------------------------------------------------------------------------------- the servers


def plain() -> FastAPI:
    """What is sold, and what this process has used so far."""
    app = FastAPI()

    @app.get("/work")
    async def work() -> dict[str, int]:
        return {"answer": 42}

    @app.get("/cpu")
    async def cpu() -> dict[str, float]:
        return {"seconds": cpu_seconds()}

    return app


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class MemoryChain:
    """A chain that answers at once and says yes: what a node costs is not counted against the package."""

    def get_addresses(self) -> list[str]:
        return [SELLER.address]

    def get_code(self, address: str) -> bytes:
        """Only the token has any."""
        return b"\x00" if address.lower() == USDC.lower() else b""

    def read_contract(self, *_call: Any) -> None:
        return None


class Verifying:
    """The package's facilitator in the server's own process; its settlement is not made at all."""

    def __init__(self) -> None:
        chain: Any = MemoryChain()
        self.scheme = ExactEvmScheme(chain)

    async def verify(self, payload: PaymentPayload, requirements: PaymentRequirements) -> VerifyResponse:
        return self.scheme.verify(payload, requirements)

    async def settle(self, _payload: PaymentPayload, _requirements: PaymentRequirements) -> SettleResponse:
        return SettleResponse(success=True, transaction="0x" + "00" * 32, network=NETWORK)

    def get_supported(self) -> SupportedResponse:
        kind = {"x402Version": 2, "scheme": "exact", "network": NETWORK}
        return SupportedResponse.model_validate({"kinds": [kind]})


def x402_app() -> FastAPI:
    app = plain()
    client: Any = Verifying()
    server = x402ResourceServer(client)
    scheme: Any = ExactServer()  # type: ignore[no-untyped-call]
    server.register(NETWORK, scheme)
    price = {"amount": str(PRICE), "asset": USDC, "extra": {"name": "USDC", "version": "2"}}
    accepts = {"scheme": "exact", "payTo": SELLER.address, "price": price, "network": NETWORK}
    routes: Any = {"GET /work": {"accepts": accepts}}
    paid = payment_middleware(routes, server)

    @app.middleware("http")
    async def middleware(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        return await paid(request, call_next)

    return app


@dataclass(frozen=True)
class Place:
    """Where our gateway finds its chain."""

    node: str
    certificates: str
    accounts: str

    def prepaid(self) -> Prepaid:
        return Prepaid(Certificates(Node.at(self.node), self.certificates), self.accounts)


def serve(kind: str, place: Place, folder: str, ready: Connection) -> None:
    """One of the three, until killed."""
    listening = listen("127.0.0.1", 0)
    app: Any
    if kind == "gateway":
        no_limits = Limits(per_address=1e9, per_account=1e9)
        gateway = Gateway(place.prepaid(), SELLER, sqlite_url(Path(folder) / "gateway.db"), limits=no_limits)
        app = gateway.app(plain(), [Price("GET", "/work", PRICE)])
    else:
        app = x402_app() if kind == "x402" else plain()
    ready.send(listening.getsockname()[1])
    uvicorn.Server(configured(app)).run(sockets=[listening])


# ------------------------------------------------------------------------------------------------ the load


class Line:
    """A kept-alive connection that costs this process little."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def get(self, path: str, headers: str = "") -> tuple[int, bytes, bytes]:
        """Status, headers, body."""
        self.writer.write(f"GET {path} HTTP/1.1\r\nhost: bench\r\n{headers}\r\n".encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        )
        return int(head[9:12]), head, await self.reader.readexactly(length)


async def run(port: int, headers: Sequence[Sequence[str]]) -> float:
    """Ask as often as there are headers, each list on its own connection; the server's CPU seconds."""
    lines = [Line(*await asyncio.open_connection("127.0.0.1", port)) for _ in headers]

    async def used() -> float:
        return float(json.loads((await lines[0].get("/cpu"))[2])["seconds"])

    async def all_of(line: Line, mine: Sequence[str]) -> None:
        for one in mine:
            status, _, body = await line.get("/work", one)
            if status != 200 or body != b'{"answer":42}':
                raise RuntimeError(f"a paid call was answered with {status}: {body.decode()[:300]}")

    before = await used()
    await asyncio.gather(*(all_of(line, mine) for line, mine in zip(lines, headers, strict=True)))
    seconds = await used() - before
    for line in lines:
        line.writer.close()
    return seconds


async def asked(port: int) -> dict[str, Any]:
    """What the server wants to be paid."""
    status, head, _ = await Line(*await asyncio.open_connection("127.0.0.1", port)).get("/work")
    if status != 402:
        raise RuntimeError(f"an unpaid call was answered with {status}")
    marks = {
        name.lower(): value for name, _, value in (line.partition(b": ") for line in head.split(b"\r\n"))
    }
    accepts: dict[str, Any] = json.loads(base64.b64decode(marks[b"payment-required"]))["accepts"][0]
    return accepts


def signed_header(accepted: dict[str, Any], payload: dict[str, Any]) -> str:
    value = wire.encode({"x402Version": wire.VERSION, "accepted": accepted, "payload": payload})
    return f"{wire.SIGNATURE}: {value}\r\n"


# ------------------------------------------------------------------------------------------- the payments


@dataclass(frozen=True)
class TransferWithAuthorization(Message):
    """EIP-3009, as the exact scheme has it signed."""

    from_: str = solidity("address")
    to: str = solidity("address")
    value: int = solidity("uint256")
    valid_after: int = solidity("uint256")
    valid_before: int = solidity("uint256")
    nonce: bytes = solidity("bytes32")


def exact_payments(accepted: dict[str, Any], count: int) -> list[str]:
    payer, domain = development_wallet("agent"), Domain("USDC", "2", 31_337, USDC)
    until, found = int(time.time()) + 3_600, []
    for _ in range(count):
        nonce = secrets.token_bytes(32)
        message = TransferWithAuthorization(payer.address, SELLER.address, PRICE, 0, until, nonce)
        authorization = {
            "from": payer.address,
            "to": SELLER.address,
            "value": str(PRICE),
            "validAfter": "0",
            "validBefore": str(until),
            "nonce": "0x" + nonce.hex(),
        }
        signature = "0x" + message.sign(domain, payer.key).hex()
        found.append(signed_header(accepted, {"authorization": authorization, "signature": signature}))
    return found


class Agent:
    """An account, and the sum its vouchers have come to."""

    def __init__(self, prepaid: Prepaid, salt: int) -> None:
        self.prepaid = prepaid
        self.session = Wallet.from_key("session", secrets.token_bytes(32))
        opening = Opening(SELLER.address, self.session.address, salt=salt)
        self.index = prepaid.open(development_wallet("agent"), opening, 10_000_000)
        self.signed = 0

    def payments(self, accepted: dict[str, Any], count: int, *, retry_keys: bool) -> list[str]:
        found = []
        for _ in range(count):
            self.signed += PRICE
            voucher = Voucher(SELLER.address, self.prepaid.token.address, self.index, self.signed)
            signature = "0x" + voucher.sign(self.prepaid.domain, self.session.key).hex()
            payload = {"index": str(self.index), "amount": str(self.signed), "signature": signature}
            key = f"Idempotency-Key: {secrets.token_hex(16)}\r\n" if retry_keys else ""
            found.append(signed_header(accepted, payload) + key)
        return found


# ------------------------------------------------------------------------------------------- the vouchers


def ours_verified(count: int) -> float:
    """Vouchers a CPU-second as the gateway verifies them: digest, the key behind the signer, which the first
    one is recovered for, and the signature."""
    session, domain = development_wallet("agent"), Domain("Largesse PrepaidAccounts", "1", 31_337, USDC)
    signatures = [Voucher(SELLER.address, USDC, 7, n).sign(domain, session.key) for n in range(1, count + 1)]
    digests, signers = VoucherDigests(domain, SELLER.address, USDC), KnownSigners()
    address = bytes.fromhex(session.address[2:])
    before = cpu_seconds()
    for amount, signature in enumerate(signatures, 1):
        if not signers.signed(address, digests.of(7, amount), signature):
            raise RuntimeError("a good voucher was refused")
    return count / (cpu_seconds() - before)


def package_verified(count: int) -> float:
    """The same by the package: its batch settlement's voucher."""
    payer, channel = development_wallet("agent"), bytes([7] * 32)
    chain: Any = MemoryChain()
    domain = Domain(
        BATCH_SETTLEMENT_DOMAIN_NAME, BATCH_SETTLEMENT_DOMAIN_VERSION, 31_337, BATCH_SETTLEMENT_ADDRESS
    )
    vouchers = [ChannelVoucher(channel, amount) for amount in range(1, count + 1)]
    signatures = ["0x" + one.sign(domain, payer.key).hex() for one in vouchers]
    before = cpu_seconds()
    for amount, signature in enumerate(signatures, 1):
        if not verify_batch_settlement_voucher_typed_data(
            chain, "0x" + channel.hex(), str(amount), payer.address, payer.address, signature, 31_337
        ):
            raise RuntimeError("a good voucher was refused")
    return count / (cpu_seconds() - before)


def curve_verified(count: int) -> float:
    """Signatures a CPU-second by libsecp256k1 alone: nobody verifies vouchers quicker."""
    key, digest = development_wallet("agent").key, keccak(b"a voucher")
    signature, known = curve.sign(digest, key), curve.load_key(curve.public_key(key))
    before = cpu_seconds()
    for _ in range(count):
        if not curve.verify(digest, signature, known):
            raise RuntimeError("a good signature was refused")
    return count / (cpu_seconds() - before)


def measure_vouchers(rounds: int, count: int, result: Connection) -> None:
    turn = (ours_verified, package_verified, curve_verified)
    result.send([[verified(count) for verified in turn] for _ in range(rounds)])


def vouchers(*, is_fast: bool) -> list[list[float]]:
    """Ours, the package's and the curve's, in turns, in a process of its own: with coincurve, or in pure
    Python."""
    name = "CoinCurveECCBackend" if is_fast else "NativeECCBackend"
    os.environ["ECC_BACKEND_CLASS"] = f"eth_keys.backends.{name}"
    here, there = multiprocessing.Pipe()
    size = (VOUCHER_ROUNDS, VOUCHERS) if is_fast else (1, 100)
    process = multiprocessing.get_context("spawn").Process(target=measure_vouchers, args=(*size, there))
    process.start()
    there.close()
    try:
        return [[float(rate) for rate in turn] for turn in here.recv()]
    finally:
        process.join()
        del os.environ["ECC_BACKEND_CLASS"]


# ---------------------------------------------------------------------------------------------- the report


@contextmanager
def server(kind: str, place: Place, folder: str) -> Iterator[int]:
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(kind, place, folder, there))
    process.start()
    there.close()
    try:
        yield int(here.recv())
    finally:
        process.terminate()
        process.join()


def settled_chain(url: str) -> Place:
    """USDC, all contracts, and money for the agent."""
    node, deployer = Node.at(url), development_wallet("deployer")
    usdc = deploy_usdc(node.web3, deployer.address)
    usdc.mint(development_wallet("agent").address, 10**12)
    (currency,) = deploy(node, deployer, plan_deployment(node, [usdc.address])).currencies
    return Place(url, currency.certificates, currency.part("accounts"))


def measure() -> dict[str, list[float]]:
    """Paid requests a CPU-second, a figure for each round; the servers take turns."""
    found: dict[str, list[float]] = {"bare": [], "x402": [], "gateway": [], "gateway, retry keys": []}
    each, warm = CALLS // CONNECTIONS, WARM_UP // CONNECTIONS
    with (
        tempfile.TemporaryDirectory() as folder,
        development_node() as url,
    ):
        place = settled_chain(url)
        agents = [Agent(place.prepaid(), salt) for salt in range(CONNECTIONS)]
        with (
            server("bare", place, folder) as bare,
            server("x402", place, folder) as x402,
            server("gateway", place, folder) as gateway,
        ):
            exact, voucher = asyncio.run(asked(x402)), asyncio.run(asked(gateway))

            def headers(kind: str, count: int) -> list[list[str]]:
                if kind == "bare":
                    return [[""] * count for _ in agents]
                if kind == "x402":
                    return [exact_payments(exact, count) for _ in agents]
                keys = kind != "gateway"
                return [agent.payments(voucher, count, retry_keys=keys) for agent in agents]

            ports = {"bare": bare, "x402": x402}
            for turn in range(ROUNDS + 1):
                for kind, rates in found.items():
                    count = each if turn else warm
                    seconds = asyncio.run(run(ports.get(kind, gateway), headers(kind, count)))
                    if turn:
                        rates.append(count * CONNECTIONS / seconds)
    return found


Rounds = Sequence[float]


def ratios(rates: Rounds, base: Rounds) -> list[float]:
    """Of each round: what a busy machine does to a round, it does to both."""
    return [one / other for one, other in zip(rates, base, strict=True)]


def beside(rates: Rounds, base: Rounds) -> float:
    """The median of the rounds' ratios."""
    return statistics.median(ratios(rates, base))


def row(name: str, rates: Rounds, base: Rounds) -> str:
    """The median of a server's rounds, and of their ratios with the lowest and the highest one."""
    found = ratios(rates, base)
    spread = f"{min(found):.2f}–{max(found):.2f}" if len(found) > 1 else ""
    return f"| {name} | {statistics.median(rates):,.0f} | {statistics.median(found):.2f} | {spread} |"


def report(http: dict[str, list[float]], fast: dict[str, list[float]], slow: float) -> str:
    """The text of bench/HTTP.md."""
    rows = [
        "# Paid HTTP calls and vouchers, beside the x402 package",
        "",
        "Written by `make bench-http`, all figures from one run on one machine: compare the ratios.",
        "",
        "## Requests per CPU-second of the server's process",
        "",
        f"GET of a small JSON answer over {CONNECTIONS} kept-alive connections, uvicorn, one process; the",
        f"median of {ROUNDS} rounds of {CALLS:,} calls. Our gateway's figure holds everything: limits,",
        "metrics, the voucher, the charge written to SQLite, the signed receipt. Settling the vouchers on",
        "chain comes later, and is not in it. The x402 middleware only verifies: its chain says yes, and",
        "nothing is settled, which favours it. The load and the chain run in other processes. The ratio is",
        "the median of the rounds' own, in each of which the servers take turns; the lowest and the highest",
        "round's beside it say how much the machine's other work moved them. It is not the ratio of the two",
        "medians, which may be of different rounds.",
        "",
        "| server | requests | beside x402 | lowest–highest round |",
        "|---|---:|---:|---:|",
        row("bare FastAPI, nothing paid", http["bare"], http["x402"]),
        row("x402 middleware, `exact`, verified and never settled", http["x402"], http["x402"]),
        row("gateway, vouchers", http["gateway"], http["x402"]),
        row("gateway, vouchers, an Idempotency-Key each", http["gateway, retry keys"], http["x402"]),
        "",
        f"Goal: the gateway at {GOALS['middleware']:g} or more.",
        "",
        "## Vouchers verified per CPU-second",
        "",
        f"One process, {VOUCHER_ROUNDS} turns of {VOUCHERS} vouchers each; the median, and the median of the",
        "turns' ratios. Both hash the voucher and check it against the payer's address. The package recovers",
        "the signer of each. Ours recovers the first one's key and verifies the others with it; v, which a",
        "verification does not see, is checked once an account, when its last voucher is settled.",
        "",
        "| verifier | vouchers | beside x402 with coincurve | lowest–highest turn |",
        "|---|---:|---:|---:|",
        row("x402 package, pure Python", [slow], [statistics.median(fast["package"])]),
        row("x402 package with coincurve", fast["package"], fast["package"]),
        row("ours", fast["ours"], fast["package"]),
        row("the curve alone: libsecp256k1, no hash, no address", fast["curve"], fast["package"]),
        "",
        f"Goal: ours at {GOALS['vouchers']:g} or more. The curve is C, the package mostly Python: how",
        "far apart they are is the machine's, and nobody can be further ahead of the package than the curve",
        "alone is.",
        "",
    ]
    return "\n".join(rows)


def main() -> None:
    """Measure, write bench/HTTP.md; fails where a goal is missed."""
    http = measure()
    turns = zip(*vouchers(is_fast=True), strict=True)
    fast = {name: list(rates) for name, rates in zip(("ours", "package", "curve"), turns, strict=True)}
    ((_, slow, _),) = vouchers(is_fast=False)
    text = report(http, fast, slow)
    REPORT.write_text(text, encoding="utf-8")
    print(text)
    reached = {
        "middleware": beside(http["gateway"], http["x402"]),
        "middleware, retry keys": beside(http["gateway, retry keys"], http["x402"]),
        "vouchers": beside(fast["ours"], fast["package"]),
    }
    missed = [
        f"{name}: {reached[name]:.2f}, goal {goal:g}" for name, goal in GOALS.items() if reached[name] < goal
    ]
    if missed:
        sys.exit("missed: " + "; ".join(missed))


if __name__ == "__main__":
    main()
