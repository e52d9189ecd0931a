"""Row non_profit: 5,000 donations; the published total equals withdrawals plus balance; donors get a receipt.

Each donor is a person of its own with a few real USDC and no gas. It signs once; the charity's relayer
submits 200 donations in a transaction. What is published, and each receipt, is made of the chain's logs
alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from eth_abi.abi import decode
from eth_account import Account
from web3 import Web3
from web3.types import TxReceipt

from largesse.chain import development_wallet
from largesse.eip712 import Domain, address_of, jars_domain, keccak
from largesse.signed.jars import ReceiveWithAuthorization, Tip
from largesse.usdc import Usdc, deploy_usdc
from tests.support.crowd import NOON, Crowd, crowd_chain, deploy, encoder, jar_of, settle
from tests.support.gifts import secret_of

DONORS, EACH = 5_000, 200
WITHDRAWN_AFTER = (7, 8, 20)
"""Batches after which the charity takes out what there is."""
CENT = 10_000
DEADLINE = NOON + 86_400
TIPPED = keccak(b"Tipped(address,uint256,uint256,string)")
TRANSFER = keccak(b"Transfer(address,address,uint256)")
SECRETS = [secret_of(f"donor {i}") for i in range(DONORS)]
DONOR_OF = {address_of(secret): i for i, secret in enumerate(SECRETS)}


def gift(number: int) -> int:
    """10 cents to 1 dollar, no two neighbours the same."""
    return 10 * CENT + number * 7_919 % (90 * CENT)


def purpose(number: int) -> str:
    return f"well no. {number % 3}"


@dataclass(frozen=True)
class Receipt:
    """What a donor shows the tax office: where it stands on the chain."""

    transaction: bytes
    log_index: int
    donor: str
    charity: str
    amount: int
    message: str
    time: int


@dataclass
class Appeal:
    """A charity's collection over the real USDC."""

    crowd: Crowd
    usdc: Usdc
    chain_id: int
    times: dict[int, int] = field(default_factory=dict)
    """Of blocks."""

    @property
    def charity(self) -> str:
        return self.crowd.person("charity")

    @property
    def jar(self) -> int:
        return jar_of(self.charity)

    def donation(self, number: int) -> tuple[str, tuple[Any, ...]]:
        """A donor's one signature, which agrees to the tip and pays it, and the call that uses it."""
        escrow, secret = self.crowd.escrow.address, SECRETS[number]
        donor, amount, message = address_of(secret), gift(number), purpose(number)
        jars = jars_domain(self.chain_id, escrow)
        agreed = Tip(donor, self.jar, amount, message, 1, DEADLINE).digest(jars)
        paid = ReceiveWithAuthorization(donor, escrow, amount, 0, DEADLINE, agreed)
        currency = Domain("USD Coin", "2", self.chain_id, self.usdc.address)
        return "tip", (donor, self.jar, amount, message, (1, DEADLINE, True, paid.sign(currency, secret)))

    def published(self) -> int:
        """What the charity says that it was given: the sum of all tips to it, from logs alone."""
        return sum(receipt.amount for receipt in self.receipts())

    def receipts(self) -> list[Receipt]:
        topics = ["0x" + TIPPED.hex(), None, f"0x{self.jar:064x}"]
        logs = self.crowd.web3.eth.get_logs(
            {"address": self.crowd.escrow.address, "topics": topics, "fromBlock": 0}  # type: ignore[typeddict-item]
        )
        return [self._receipt(log) for log in logs]

    def withdrawn(self) -> int:
        """What left the escrow for the charity, by the currency's own logs."""
        topics = ["0x" + TRANSFER.hex(), word(self.crowd.escrow.address), word(self.charity)]
        logs = self.crowd.web3.eth.get_logs(
            {"address": self.usdc.address, "topics": topics, "fromBlock": 0}  # type: ignore[typeddict-item]
        )
        return sum(int.from_bytes(log["data"], "big") for log in logs)

    def balance(self) -> int:
        return int(self.crowd.escrow.functions.claimable(self.jar).call())

    def withdraw(self) -> None:
        self.crowd.send(self.crowd.escrow.functions.collect(self.jar, 10), "charity")

    def is_genuine(self, receipt: Receipt) -> bool:
        """What a tax office does with a node of its own and the charity's address."""
        web3 = self.crowd.web3
        found: TxReceipt = web3.eth.get_transaction_receipt(receipt.transaction)  # type: ignore[arg-type]
        logs = [log for log in found["logs"] if log["logIndex"] == receipt.log_index]
        return (
            found["status"] == 1
            and len(logs) == 1
            and logs[0]["address"] == self.crowd.escrow.address
            and bytes(logs[0]["topics"][0]) == TIPPED
            and self._receipt(logs[0]) == receipt
        )

    def _receipt(self, log: Any) -> Receipt:
        amount, message = decode(["uint256", "string"], bytes(log["data"]))
        donor, jar = (Web3.to_checksum_address(bytes(topic)[12:]) for topic in log["topics"][1:3])
        block = log["blockNumber"]
        if block not in self.times:
            self.times[block] = int(self.crowd.web3.eth.get_block(block)["timestamp"])
        return Receipt(
            bytes(log["transactionHash"]), log["logIndex"], donor, jar, amount, message, self.times[block]
        )


def word(address: str) -> str:
    return "0x" + address[2:].lower().rjust(64, "0")


def endow(crowd: Crowd, usdc: Usdc) -> None:
    """Give every donor what it will donate: the minter's account borrows code that calls many times
    (EIP-7702)."""
    web3, minter = crowd.web3, development_wallet("deployer")
    delegate = deploy(web3, "Delegate7702")
    nonce = web3.eth.get_transaction_count(minter.address)
    signer = Account.from_key(minter.key)
    authorisation: Any = signer.sign_authorization(
        {"chainId": web3.eth.chain_id, "address": bytes.fromhex(delegate.address[2:]), "nonce": nonce + 1}
    )
    signed = signer.sign_transaction(
        {
            "type": 4,
            "chainId": web3.eth.chain_id,
            "nonce": nonce,
            "to": minter.address,
            "value": 0,
            "gas": 100_000,
            "maxFeePerGas": 2 * 10**9,
            "maxPriorityFeePerGas": 0,
            "data": b"",
            "accessList": (),
            "authorizationList": [authorisation],
        }
    )
    web3.eth.wait_for_transaction_receipt(web3.eth.send_raw_transaction(signed.raw_transaction))
    itself = web3.eth.contract(address=minter.address, abi=delegate.abi)
    mint = encoder(usdc.abi, "mint")
    for first in range(0, DONORS, 500):
        calls = [
            (usdc.address, 0, mint((donor, gift(i))))
            for donor, i in list(DONOR_OF.items())[first : first + 500]
        ]
        crowd.send(itself.functions.execute(calls), "deployer")


@pytest.fixture(scope="module")
def appeal() -> Iterator[Appeal]:
    with crowd_chain() as web3:
        usdc = deploy_usdc(web3, web3.eth.accounts[0])
        crowd = settle(web3, usdc.contract)
        endow(crowd, usdc)
        yield Appeal(crowd, usdc, int(web3.eth.chain_id))


def test_row_non_profit(appeal: Appeal) -> None:
    crowd = appeal.crowd
    # Money of another jar is in the same contract, and in no figure of the charity's.
    appeal.usdc.mint(crowd.person("supporter"), 777)
    crowd.send(appeal.usdc.contract.functions.approve(crowd.escrow.address, 777), "supporter")
    other = crowd.escrow.functions.tip(
        crowd.person("supporter"), jar_of(crowd.person("creator")), 777, "", (0, 0, False, b"")
    )
    crowd.send(other, "supporter")

    given = 0
    for batch, first in enumerate(range(0, DONORS, EACH)):
        numbers = range(first, first + EACH)
        crowd.many([appeal.donation(number) for number in numbers], "relayer", EACH)
        given += sum(gift(number) for number in numbers)
        if batch in WITHDRAWN_AFTER:
            appeal.withdraw()
        # The charity publishes after every batch, and anybody checks it.
        assert appeal.withdrawn() + appeal.balance() == given
        assert appeal.withdrawn() + crowd.held() == given + 777
    published = appeal.published()
    assert published == given == sum(map(gift, range(DONORS)))
    assert appeal.withdrawn() == sum(map(gift, range((WITHDRAWN_AFTER[-1] + 1) * EACH)))
    assert published == appeal.withdrawn() + appeal.balance()

    # Every donor has its receipt: one, over what it gave, for what.
    receipts = appeal.receipts()
    assert len(receipts) == DONORS
    assert {r.donor: (r.amount, r.message) for r in receipts} == {
        donor: (gift(i), purpose(i)) for donor, i in DONOR_OF.items()
    }
    assert {r.charity for r in receipts} == {appeal.charity}
    for receipt in receipts[:: DONORS // 20]:
        assert appeal.is_genuine(receipt)
        assert crowd.web3.eth.get_transaction_count(Web3.to_checksum_address(receipt.donor)) == 0
        assert appeal.usdc.balance(receipt.donor) == 0

    # At the end everything is with the charity.
    appeal.withdraw()
    assert appeal.withdrawn() == appeal.usdc.balance(appeal.charity) == published
    assert (appeal.balance(), crowd.held()) == (0, 777)
