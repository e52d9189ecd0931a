"""Journey 8: an AI agent makes 10,000 calls on one deposit; the seller claims once; a stale voucher, an
over-budget one and one for another chain are refused.
"""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from largesse.chain import Node, Wallet
from largesse.clients.accounts import Prepaid as Client
from largesse.clients.certificates import Certificates
from largesse.database import open_database, sqlite_url
from largesse.eip712 import Domain
from largesse.gateway.accounts import AccountBook
from largesse.gateway.gateway import tables
from largesse.gateway.ledger import Ledger
from largesse.gateway.purse import PaidAccount, Paying, Purse, PurseError
from largesse.gateway.settler import Policy, Settler
from largesse.sender import Sender
from tests.fixtures.gateways import WORDS, Served
from tests.support.gateway_process import PRICE, gateway_runner
from tests.support.prepaid import Prepaid
from tools.own_node import free_port

CALLS = 10_000


def test_ten_thousand_calls_one_deposit_one_settlement(
    prepaid: Prepaid, node_url: str, tmp_path: Path
) -> None:
    certificates, seller = prepaid.world.certificates.address, prepaid.world.key(prepaid.merchant)
    database, port = sqlite_url(tmp_path / "gateway.db"), free_port()
    server = gateway_runner(prepaid, node_url, database, port, tmp_path)()
    key, held = prepaid.open(CALLS * PRICE), prepaid.balance(prepaid.merchant)
    blocks = prepaid.chain.height
    client = Client(Certificates(Node.at(node_url), certificates), prepaid.contract.address)
    account = PaidAccount(client.node.chain_id, client.address, client.token.address, *key)
    purse = Purse(account, prepaid.session(key), client.domain, budget=CALLS * PRICE)
    with httpx.Client(auth=Paying(purse), timeout=60) as agent:
        url = f"http://127.0.0.1:{port}/work"
        answers = {agent.get(url).json()["execution"] for _ in range(CALLS)}
        with pytest.raises(PurseError, match="0 of"):
            agent.get(url)
    server.kill()
    assert (len(answers), purse.calls, prepaid.chain.height) == (CALLS, CALLS, blocks)

    engine = open_database(database, tables())
    book, wallet = AccountBook(client, prepaid.merchant.address), Wallet.from_key("merchant", seller)
    ledger = Ledger(engine, client.node.chain_id, client.address, wallet.address)
    _, (settlement,) = Settler(book, ledger, Sender(client.node, wallet, engine), Policy(0, 1)).run()
    ledger.close()
    engine.dispose()
    assert prepaid.chain.height == blocks + 1
    assert settlement.payout == CALLS * PRICE * prepaid.unit == prepaid.balance(prepaid.merchant) - held
    assert prepaid.money(key) == (CALLS * PRICE, CALLS * PRICE)
    prepaid.check_books()
    assert settlement.gas / CALLS < 10


def test_what_is_refused(served: Served, client: httpx.Client) -> None:
    desk, url = served.desk, served.url + "/words"
    key = desk.open(CALLS * WORDS)

    def ask(micros: int, *, signature: bytes | None = None) -> tuple[int, str]:
        headers = served.payment(key, micros, WORDS, signature=signature)
        answer = client.post(url, json={"text": "a"}, headers=headers)
        return answer.status_code, answer.json().get("error", "served")

    assert ask(WORDS) == (200, "served")
    stale = client.post(url, json={"text": "b"}, headers=served.payment(key, WORDS, WORDS))
    assert (stale.status_code, stale.json()["error"]) == (409, "used")
    assert ask(WORDS - 1) == (402, "not_covered")
    assert ask(2 * WORDS - 1) == (402, "not_covered")
    assert ask(CALLS * WORDS + 1) == (402, "over_deposit")
    elsewhere = Domain("Largesse PrepaidAccounts", "1", 1, desk.contract.address)
    foreign = desk.voucher(key, 2 * WORDS, domain=elsewhere).signature
    assert ask(2 * WORDS, signature=foreign) == (402, "wrong_signer")
    assert served.line(key) == (WORDS, WORDS)
    # On the chain too: what was settled before is skipped.
    settled = desk.voucher(key, WORDS)
    desk.settle(settled)
    assert desk.settle(settled).events["Settled"]["payout"] == 0
    assert desk.money(key) == (CALLS * WORDS, WORDS)
