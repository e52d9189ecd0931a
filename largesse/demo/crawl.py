"""The demo's agent: ten thousand paid calls of an HTTP API, on one deposit and one settlement."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from largesse.chain import Node, Wallet, development_wallet
from largesse.clients.accounts import Opening, Prepaid
from largesse.clients.certificates import Certificates
from largesse.console import done, progress, step
from largesse.database import open_database, sqlite_url
from largesse.demo.checks import expect
from largesse.gateway.accounts import AccountBook
from largesse.gateway.gateway import Gateway, Limits, tables
from largesse.gateway.ledger import Ledger
from largesse.gateway.pricing import Price
from largesse.gateway.purse import PaidAccount, Paying
from largesse.gateway.sample import app
from largesse.gateway.session_keys import SessionKey, new_session_key
from largesse.gateway.settler import Policy, Settler
from largesse.gifts.links import new_link_key
from largesse.sender import Sender
from largesse.vouchers import index_of
from largesse.web.serving import listen, serve

AT_ONCE: Final = 16
_START_SECONDS: Final = 60


@dataclass(frozen=True)
class Stall:
    """What the API's process is told: where the chain is, who sells, and at which price (base units)."""

    node: str
    certificates: str
    accounts: str
    seller: str
    database: str
    port: int
    price: int


def main() -> None:
    """Serve the sample API as standard input says, until terminated."""
    stall = Stall(**json.load(sys.stdin))
    prepaid = Prepaid(Certificates(Node.at(stall.node), stall.certificates), stall.accounts)
    seller = Wallet.from_key("merchant", bytes.fromhex(stall.seller))
    limits = Limits(per_address=1e6, per_account=1e6, questions=1e6)
    gateway = Gateway(prepaid, seller, stall.database, limits=limits)
    serve(gateway.app(app, [Price("POST", "/words", stall.price)]), "127.0.0.1", stall.port)


@dataclass
class Crawl:
    """`gas` is what each step cost: name, gas, remark."""

    prepaid: Prepaid
    folder: Path
    calls: int
    gas: list[tuple[str, int, str]] = field(default_factory=list)

    def run(self) -> None:
        """All of it. Raises DemoError, and whatever the parts raise."""
        prepaid, token = self.prepaid, self.prepaid.token
        price = 10**token.decimals // 4_000
        seller, agent = development_wallet("merchant"), development_wallet("agent")
        step(
            f"An agent makes {self.calls:,} calls of a paid API",
            f"{token.show(price)} each: one deposit by signature, {self.calls:,} vouchers, one settlement",
        )
        database = sqlite_url(self.folder / "gateway.db")
        key = self._open(agent, seller, self.calls * price)
        purse = key.purse(budget=self.calls * prepaid.micros(price))
        before, blocks = token.balance(seller.address), prepaid.node.block_number()
        with self._api(seller, database, price) as url:
            asyncio.run(_call(url, Paying(purse), self.calls))
        expect("micro-units charged", purse.charged, self.calls * prepaid.micros(price))
        expect("blocks that the calls took", prepaid.node.block_number() - blocks, 0)
        self._settle(seller, database)
        expect("paid to the seller", token.balance(seller.address) - before, self.calls * price)
        account = prepaid.account(key.account.counterparty, key.account.index)
        expect("left in the account", account.left, 0)
        done(f"the seller has {token.show(self.calls * price)}, and the agent has sent 1 deposit")

    # --------------------------------------------------------------------------------------------- private

    def _open(self, agent: Wallet, seller: Wallet, amount: int) -> SessionKey:
        """An account with a session key of its own; the agent signs, a relayer sends."""
        prepaid, secret = self.prepaid, new_session_key()
        salt = int.from_bytes(new_link_key()[:12], "big")
        made = SessionKey(
            PaidAccount(
                prepaid.node.chain_id,
                prepaid.address,
                prepaid.token.address,
                seller.address,
                index_of(agent.address, salt),
            ),
            secret,
            prepaid.token.symbol,
            prepaid.token.decimals,
        )
        call = prepaid.sign_open(agent, Opening(seller.address, made.address, salt=salt), amount)
        receipt = prepaid.node.send_raw_call(development_wallet("relayer"), prepaid.address, call)
        self.gas.append(("open an account by signature, real USDC", int(receipt["gasUsed"]), ""))
        done(f"{prepaid.token.show(amount)} are put down; the session key can spend that, and nothing else")
        return made

    @contextmanager
    def _api(self, seller: Wallet, database: str, price: int) -> Iterator[str]:
        """The sample API in a process of its own; its address."""
        with listen("127.0.0.1", 0) as found:
            port = found.getsockname()[1]
        prepaid = self.prepaid
        stall = Stall(
            prepaid.node.url,
            prepaid.certificates.address,
            prepaid.address,
            seller.key.hex(),
            database,
            port,
            price,
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "largesse.demo.crawl"],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdin is not None  # noqa: S101 - for the type checker
            json.dump(stall.__dict__, process.stdin)
            process.stdin.close()
            url = f"http://127.0.0.1:{port}"
            _wait_for(f"{url}/health", process)
            yield url
        finally:
            process.terminate()
            process.wait()

    def _settle(self, seller: Wallet, database: str) -> None:
        prepaid = self.prepaid
        engine = open_database(database, tables())
        book, sender = AccountBook(prepaid, seller.address), Sender(prepaid.node, seller, engine)
        ledger = Ledger(engine, prepaid.node.chain_id, prepaid.address, seller.address)
        try:
            decision, (settlement,) = Settler(book, ledger, sender, Policy(0, 1)).run()
        finally:
            ledger.close()
            engine.dispose()
        each = settlement.gas / self.calls
        self.gas.append((f"settle {self.calls:,} calls", settlement.gas, f"{each:.1f} a call"))
        done(f"settled, because {decision.why}: {settlement.gas:,} gas, {each:.1f} a call")


async def _call(url: str, paying: Paying, calls: int) -> None:
    """All calls, some at once."""
    left = iter(range(calls))
    limits = httpx.Limits(max_connections=AT_ONCE)
    with progress("calls", calls) as advance:
        async with httpx.AsyncClient(auth=paying, base_url=url, timeout=60, limits=limits) as client:

            async def work() -> None:
                for number in left:
                    answer = await client.post("/words", json={"text": f"call {number} a a"})
                    answer.raise_for_status()
                    advance(1)

            await asyncio.gather(*(work() for _ in range(AT_ONCE)))


def _wait_for(url: str, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            httpx.get(url).raise_for_status()
        except httpx.HTTPError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


if __name__ == "__main__":
    main()
