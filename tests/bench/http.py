"""Paid requests and verified vouchers a CPU-second, in one run: `make bench-http` writes bench/HTTP.md.

Only the server's time on the processor counts: the payments are signed before.
"""

from __future__ import annotations

import http.client
import secrets
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import urlsplit

import psutil
from x402.mechanisms.evm.batch_settlement.constants import BATCH_SETTLEMENT_ADDRESS
from x402.mechanisms.evm.batch_settlement.facilitator.utils import verify_batch_settlement_voucher_typed_data

from largesse.account_messages import Voucher as OurVoucher
from largesse.chain import Node, Wallet
from largesse.client import Certificates
from largesse.database import sqlite_url
from largesse.gateway.batch import WITHDRAW_SECONDS, ChannelConfig, Voucher
from largesse.gateway.gateway import Gateway
from largesse.prepaid import Prepaid as Client
from largesse.signing import Domain, recover
from tests.bench.servers import KINDS, PRICE
from tests.support.gateway_process import free_port
from tests.support.prepaid import Prepaid
from tests.support.processes import Server, start
from tests.support.x402_payments import Payer, header
from tests.support.x402_world import place_contracts

PAYERS: Final = 8
CALLS: Final = 150
ROUNDS: Final = 3
VOUCHERS: Final = 2_000
RESULT: Final = Path(__file__).resolve().parents[2] / "bench/HTTP.md"
_NAMES: Final = {
    "free": "FastAPI alone, nothing is paid",
    "middleware": "x402's FastAPI middleware, batch settlement, channels in memory",
    "batch": "this gateway, x402's batch settlement, on the disk",
    "vouchers": "this gateway, its own vouchers, on the disk",
}
Headers = dict[str, str]


def test_http(prepaid: Prepaid, node_url: str, tmp_path: Path) -> None:
    node = Node.at(node_url)
    place_contracts(node)
    seller = Wallet.from_key("merchant", prepaid.world.key(prepaid.merchant))
    certificates = prepaid.world.certificates.address
    client = Client(Certificates(node, certificates), prepaid.contract.address)
    gateway = Gateway(client, seller, sqlite_url(tmp_path / "asked.db"))
    asked = {
        "batch": dict(gateway.batch().requirements(PRICE)),
        "vouchers": gateway.vouchers.requirements(PRICE),
    }
    best = dict.fromkeys(KINDS, 0.0)
    for number in range(ROUNDS):
        for kind in KINDS:
            settings = {
                "kind": kind,
                "url": node_url,
                "certificates": certificates,
                "accounts": prepaid.contract.address,
                "seller": seller.key,
                "database": sqlite_url(tmp_path / f"{kind}{number}.db"),
                "asked": asked["batch"],
            }
            server = start("tests.bench.servers", free_port(), tmp_path / f"{kind}.log", **settings)
            payments = _payments(kind, prepaid, gateway, asked)
            best[kind] = max(best[kind], _rate(server, payments))
            server.kill()
    gateway.stop()
    package, own = _verified(prepaid)
    RESULT.write_text(_text(best, package, own), encoding="utf-8")
    assert best["vouchers"] > best["middleware"] and own > package


def _payments(kind: str, prepaid: Prepaid, gateway: Gateway, asked: dict[str, Any]) -> list[list[Headers]]:
    """For each payer, one payment a call, in their order."""
    if kind == "free":
        return [[{}] * CALLS] * PAYERS
    if kind == "vouchers":
        return [_vouchers(prepaid, asked[kind]) for _ in range(PAYERS)]
    return [_channel(prepaid, gateway, asked["batch"]) for _ in range(PAYERS)]


def _vouchers(prepaid: Prepaid, asked: Any) -> list[Headers]:
    key = prepaid.open(CALLS * PRICE, salt=secrets.randbits(60))
    micros = int(asked["extra"]["micros"])
    signed = [prepaid.voucher(key, (number + 1) * micros) for number in range(CALLS)]
    return [
        header(
            {"index": str(key[1]), "amount": str(one.amount), "signature": "0x" + one.signature.hex()}, asked
        )
        for one in signed
    ]


def _channel(prepaid: Prepaid, gateway: Gateway, asked: dict[str, Any]) -> list[Headers]:
    wallet = Wallet.from_key("payer", secrets.token_bytes(32))
    prepaid.token.mint(wallet.address, 10**9)
    config = ChannelConfig(
        wallet.address,
        wallet.address,
        asked["payTo"],
        asked["extra"]["receiverAuthorizer"],
        asked["asset"],
        WITHDRAW_SECONDS,
        bytes(32),
    )
    token = SimpleNamespace(
        domain=lambda: {
            "name": asked["extra"]["name"],
            "version": asked["extra"]["version"],
            "verifyingContract": asked["asset"],
        }
    )
    world: Any = SimpleNamespace(usdc=token, node=gateway.prepaid.node)
    payer = Payer(world, SimpleNamespace(batch=gateway.batch()), wallet, config)  # type: ignore[arg-type]
    first = payer.deposit(2 * CALLS * PRICE, PRICE)
    return [header(first, asked)] + [
        header(payer.voucher((number + 2) * PRICE), asked) for number in range(CALLS - 1)
    ]


def _rate(server: Server, payments: Sequence[Sequence[Headers]]) -> float:
    """Requests a CPU-second of the server's process, after each payer's first two."""
    process = psutil.Process(server.process.pid)
    with ThreadPoolExecutor(PAYERS) as pool:
        connections = list(pool.map(lambda headers: _ask(server, headers[:2]), payments))
        before = process.cpu_times()
        list(pool.map(_ask_on, connections, [headers[2:] for headers in payments]))
        after = process.cpu_times()
    spent = after.user + after.system - before.user - before.system
    return PAYERS * (CALLS - 2) / spent


def _ask(server: Server, headers: Sequence[Headers]) -> http.client.HTTPConnection:
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    return _ask_on(connection, headers)


def _ask_on(connection: http.client.HTTPConnection, headers: Sequence[Headers]) -> http.client.HTTPConnection:
    for one in headers:
        connection.request("GET", "/work", headers=one)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
    return connection


def _verified(prepaid: Prepaid) -> tuple[float, float]:
    """Vouchers verified a CPU-second: by the x402 package, by ours."""
    key = secrets.token_bytes(32)
    signer, channel = Wallet.from_key("payer", key).address, secrets.token_bytes(32)
    chain_id = prepaid.domain.chain_id
    theirs = Domain("x402 Batch Settlement", "1", chain_id, BATCH_SETTLEMENT_ADDRESS)
    signed = [Voucher(channel, number).sign(theirs, key) for number in range(1, VOUCHERS + 1)]

    def package(number: int) -> bool:
        return verify_batch_settlement_voucher_typed_data(
            None,  # type: ignore[arg-type] # no contract is asked for a key's signature
            "0x" + channel.hex(),
            str(number),
            signer,
            signer,
            "0x" + signed[number - 1].hex(),
            chain_id,
        )

    account = (prepaid.merchant.address, prepaid.token.address, 7)
    ours = [OurVoucher(*account, number).sign(prepaid.domain, key) for number in range(1, VOUCHERS + 1)]

    def own(number: int) -> bool:
        return recover(OurVoucher(*account, number).digest(prepaid.domain), ours[number - 1]) == signer

    return max(_speed(package) for _ in range(ROUNDS)), max(_speed(own) for _ in range(ROUNDS))


def _speed(verify: Callable[[int], bool]) -> float:
    before = time.process_time()
    assert all(verify(number) for number in range(1, VOUCHERS + 1))
    return VOUCHERS / (time.process_time() - before)


def _text(best: dict[str, float], package: float, own: float) -> str:
    base = best["middleware"]
    rows = [f"| {_NAMES[kind]} | {best[kind]:,.0f} | {best[kind] / base:.2f} |" for kind in KINDS]
    return "\n".join(
        [
            "# Paid requests, in one run",
            "",
            f"`make bench-http`: {PAYERS} payers, {CALLS} calls each, the best of {ROUNDS} rounds.",
            "Only the server's time on the processor counts.",
            "Compare the ratios: the figures are one machine's.",
            "",
            "| server | requests a CPU-second | ratio |",
            "|---|---|---|",
            *rows,
            "",
            "The goal is twice the middleware's, for vouchers.",
            "The middleware keeps what it is owed in memory; here a charge is on the disk before its answer.",
            "",
            "| vouchers verified (a key's signature) | a CPU-second | ratio |",
            "|---|---|---|",
            f"| x402 package, with coincurve | {package:,.0f} | 1.00 |",
            f"| this gateway | {own:,.0f} | {own / package:.2f} |",
            "",
            "The goal is eight times the package's.",
            "",
        ]
    )
