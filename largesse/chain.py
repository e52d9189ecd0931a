"""A node, the accounts that sign for themselves, and what the chain says when it refuses.

Everything is signed here and sent raw, on a development chain as on a live one: one way, tested everywhere.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, partial
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from eth_account import Account
from eth_typing import ChecksumAddress, HexStr
from requests.exceptions import RequestException
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.contract.contract import ContractFunction
from web3.exceptions import (
    TimeExhausted,
    TransactionNotFound,
    Web3Exception,
)
from web3.logs import DISCARD
from web3.middleware import ExtraDataToPOAMiddleware
from web3.types import Nonce, RPCEndpoint, TxParams, TxReceipt

from largesse.eip712 import address_of
from largesse.errors import LargesseError, visible
from largesse.reverts import is_no_answer, reverted

ROLES: Final = (
    "deployer", "issuer", "giver", "holder", "merchant", "creator", "supporter", "agent", "relayer",
    "stranger", "recipient", "beneficiary", "operator", "other_merchant",
    "bookshop", "cinema", "theatre", "cafe", "charity", "reader",
)  # fmt: skip
"""Who the accounts of a development node are, in their order."""
MNEMONIC: Final = "test test test test test test test test test test test junk"

Abi = Sequence[dict[str, Any]]
"""What a compiler says of a contract's functions, events and errors."""

# What estimates are raised by: storage that another transaction touched meanwhile may cost more.
_GAS_PERCENT: Final = 120
_WAIT_SECONDS: Final = 600.0
_BLOCK_SECONDS: Final = 15.0
"""More than the slowest of the chains that this is used on takes for a block."""
_POLL_SECONDS: Final = 1.0
LAG_SECONDS: Final = 60.0
"""By which nodes behind one address may lag behind one another."""
BATCH: Final = 96
"""Calls in one request at the most: nodes that limit it allow 100."""
_LOOK_FIRST: Final = (
    "`brownie run account` shows what waits; when nothing does, look whether this was done before you do it "
    "again"
)


# What nodes say of bytes that they have, and of a nonce that is used: Geth, Reth and Anvil, Nethermind, Besu,
# Erigon, OpenEthereum.
_HAS_IT: Final = (
    "already known",
    "alreadyknown",
    "known transaction",
    "existing tx with same hash",
    "already imported",
    "nonce too low",
    "oldnonce",
    "nonce is too low",
)


class ChainError(LargesseError):
    """A node or an account can't be used as asked."""


class RefusedError(LargesseError):
    """The chain refused a call or a transaction. `reason` is the error's name, `values` are its values."""

    def __init__(self, reason: str, message: str, values: tuple[Any, ...] = ()) -> None:
        super().__init__(reason, message)
        self.values = values


@dataclass(frozen=True)
class Wallet:
    """An account with its key (32 bytes)."""

    name: str
    address: ChecksumAddress
    key: bytes = field(repr=False)

    @classmethod
    def from_key(cls, name: str, key: bytes) -> Wallet:
        """The wallet of a private key."""
        return cls(name, Web3.to_checksum_address(address_of(key)), key)


@cache
def development_wallet(role: str) -> Wallet:
    """The development node's account that plays `role`. Raises ChainError unknown_role."""
    if role not in ROLES:
        raise ChainError("unknown_role", f"{role!r} is no account here: there are {', '.join(ROLES)}")
    Account.enable_unaudited_hdwallet_features()
    path = f"m/44'/60'/0'/0/{ROLES.index(role)}"
    return Wallet.from_key(role, bytes(Account.from_mnemonic(MNEMONIC, account_path=path).key))


@dataclass(frozen=True)
class SignedTransaction:
    """A transaction that is signed and not sent: its hash (0x and 64 lower-case digits) and its bytes."""

    tx_hash: str
    raw: bytes


@dataclass(frozen=True)
class Fees:
    """What a transaction pays a unit of gas at most, and of it to the block's maker; in wei."""

    most: int
    tip: int

    def raised(self, percent: int) -> Fees:
        """Both higher by `percent`, rounded up."""
        return Fees(-(-self.most * (100 + percent) // 100), -(-self.tip * (100 + percent) // 100))


class Node:
    """A connection to one chain. A transaction is final under `confirmations` blocks, its own included.

    `tip`: wei that a unit of gas pays to a block's maker; None for what the node proposes. `on_receipt` is
    told of every transaction of `send` and `send_raw_call` that did what it was to do.
    """

    def __init__(self, web3: Web3, *, confirmations: int = 1, tip: int | None = None) -> None:
        self.web3 = web3
        self.confirmations = confirmations
        self.tip = tip
        self.on_receipt: Callable[[TxReceipt], object] | None = None
        self._contracts: dict[tuple[str, int], tuple[Abi, Contract]] = {}
        self._takes_batches = True
        self._sent: dict[str, int] = {}

    @classmethod
    def at(cls, url: str, *, confirmations: int = 1, tip: int | None = None) -> Node:
        """The node behind an HTTP address."""
        # web3 asks for the chain's id before each call: once is enough, one address is one chain.
        session = requests.Session()
        # A proxy is looked for in the whole environment at every request; no proxy leads to this machine.
        session.trust_env = urlsplit(url).hostname not in ("127.0.0.1", "::1", "localhost")
        provider = HTTPProvider(
            url,
            request_kwargs={"timeout": 120},
            session=session,
            cache_allowed_requests=True,
            cacheable_requests={RPCEndpoint("eth_chainId")},
        )
        web3 = Web3(provider)
        # Chains with proof of authority put more into a block's head than the others allow.
        web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
        return cls(web3, confirmations=confirmations, tip=tip)

    def again(self, *, confirmations: int = 1, tip: int | None = None) -> Node:
        """The same connection, with what web3 has made for it, for somebody who knows nothing of what was
        sent by this one."""
        other = type(self)(self.web3, confirmations=confirmations, tip=tip)
        other._contracts = self._contracts
        return other

    def contract(self, address: str, abi: Abi) -> Contract:
        """The contract at `address`, in any case of letters, with an ABI that is not changed afterwards.

        web3 takes tens of milliseconds to make one of a large ABI: each is made once.
        """
        key = address.lower(), id(abi)
        if key not in self._contracts:
            made = self.web3.eth.contract(address=Web3.to_checksum_address(address), abi=abi)
            self._contracts[key] = abi, made  # as long as it is kept, no other ABI has its id
        return self._contracts[key][1]

    @cached_property
    def chain_id(self) -> int:
        return int(self.web3.eth.chain_id)

    @cached_property
    def genesis(self) -> str:
        """Hash of block 0: tells one development chain from the next."""
        return str(self.web3.eth.get_block(0)["hash"].to_0x_hex())

    @property
    def url(self) -> str:
        """Its HTTP address, for another process."""
        return str(getattr(self.web3.provider, "endpoint_uri", ""))

    def now(self) -> int:
        """Time of the latest block, in Unix seconds."""
        return int(self.web3.eth.get_block("latest")["timestamp"])

    def block_number(self) -> int:
        return int(self.web3.eth.block_number)

    def block_time(self, number: int) -> int:
        return int(self.web3.eth.get_block(number)["timestamp"])

    def has_code(self, address: str) -> bool:
        return len(self.web3.eth.get_code(Web3.to_checksum_address(address))) > 0

    @property
    def poll_seconds(self) -> float:
        """How long to wait before a node is asked again whether something is mined."""
        return 0.005 if self.confirmations == 1 else _POLL_SECONDS

    @property
    def lag_seconds(self) -> float:
        """How long to look again before the answer of one node is held against that of another. Where one
        confirmation is enough, as on a development chain, there is one node."""
        return LAG_SECONDS if self.confirmations > 1 else 0.0

    @property
    def final_seconds(self) -> float:
        """How long a transaction is waited for until it is final, unless somebody says otherwise."""
        return _WAIT_SECONDS + _BLOCK_SECONDS * self.confirmations

    # ----------------------------------------------------------------------------------------- call and send

    def call(self, function: ContractFunction, sender: str | None = None, block: int | None = None) -> Any:
        """What a view answers. Raises RefusedError, ChainError node_failed."""
        try:
            params: TxParams = {"from": Web3.to_checksum_address(sender)} if sender else {}
            return function.call(params, block_identifier="latest" if block is None else block)
        except Web3Exception as error:
            raise refusal(error) from error

    def call_all(self, functions: Sequence[ContractFunction], block: int) -> list[Any]:
        """What views answer after `block`, in their order. Raises as `call`, for the first that fails."""
        try:
            return self.ask_all([partial(one.call, block_identifier=block) for one in functions])
        except Web3Exception as error:
            raise refusal(error) from error

    def ask_all(self, questions: Sequence[Callable[[], Any]]) -> list[Any]:
        """What calls of web3 answer, in their order; many are asked at a time where the node takes that.
        Raises what the first one raises that fails."""
        found: list[Any] = []
        for start in range(0, len(questions), BATCH):
            part = questions[start : start + BATCH]
            answers = self._ask_batch(part) if self._takes_batches and len(part) > 1 else None
            if answers is None:
                answers = [one() for one in part]
                self._takes_batches &= len(part) == 1  # each was answered, and not all of them at once
            found += answers
        return found

    def _ask_batch(self, questions: Sequence[Callable[[], Any]]) -> list[Any] | None:
        """None where that failed, for whatever reason."""
        batch = self.web3.batch_requests()
        try:
            for one in questions:
                batch.add(one())
            answers: list[Any] = batch.execute()
        except (Web3Exception, requests.RequestException, ValueError, TypeError):
            return None
        finally:
            batch.cancel()
        return answers if len(answers) == len(questions) else None

    def send(self, function: ContractFunction, wallet: Wallet, *, gas: int | None = None) -> TxReceipt:
        """Send a transaction and wait for it. Raises RefusedError (nothing done), ChainError unconfirmed."""
        return self.send_raw_call(
            wallet, function.address, bytes.fromhex(function._encode_transaction_data()[2:]), gas=gas
        )

    def send_raw_call(
        self, wallet: Wallet, to: str | None, data: bytes, *, gas: int | None = None
    ) -> TxReceipt:
        """Send `data` to `to` and wait. Raises RefusedError, ChainError waiting and not_sent (nothing was),
        unclear and unconfirmed (it may still be mined)."""
        nonce = self._next_nonce(wallet)
        signed = self.sign(wallet, to, data, nonce=nonce, gas=gas)
        self._sent[wallet.address] = nonce + 1
        self._hand_over(signed)
        receipt = self.wait(signed.tx_hash)
        if receipt is None:
            raise ChainError(
                "unconfirmed",
                f"{signed.tx_hash} is not in a block after {_WAIT_SECONDS:.0f} s and may still be mined: "
                f"{_LOOK_FIRST}",
            )
        if receipt["status"] != 1:
            raise self.why(receipt, wallet, to, data)
        if self.on_receipt is not None:
            self.on_receipt(receipt)
        return receipt

    def estimate(self, wallet: Wallet, to: str | None, data: bytes) -> int:
        """Gas for a call, with a margin. Raises RefusedError where it would revert, ChainError."""
        try:
            return self.web3.eth.estimate_gas(_request(wallet, to, data)) * _GAS_PERCENT // 100
        except (Web3Exception, ValueError) as error:
            raise refusal(error) from error

    def fees(self) -> Fees:
        """What is mined soon: twice the base fee of now, and the tip (by default the node's)."""
        tip = int(self.web3.eth.max_priority_fee) if self.tip is None else self.tip
        base = int(self.web3.eth.get_block("latest").get("baseFeePerGas", 0))
        return Fees(2 * base + tip, tip)

    def sign(
        self,
        wallet: Wallet,
        to: str | None,
        data: bytes,
        *,
        nonce: int,
        gas: int | None = None,
        fees: Fees | None = None,
    ) -> SignedTransaction:
        """Sign a transaction (EIP-1559); nothing is sent. With gas and fees given, no node is asked.

        Raises RefusedError where it would revert.
        """
        gas = self.estimate(wallet, to, data) if gas is None else gas
        fees = self.fees() if fees is None else fees
        request = _request(wallet, to, data)
        request["type"] = 2
        request["chainId"] = self.chain_id
        request["nonce"] = Nonce(nonce)
        request["gas"] = gas
        request["maxPriorityFeePerGas"] = Web3.to_wei(fees.tip, "wei")
        request["maxFeePerGas"] = Web3.to_wei(fees.most, "wei")
        signed = Account.sign_transaction({k: v for k, v in request.items() if k != "from"}, wallet.key)
        return SignedTransaction("0x" + bytes(signed.hash).hex(), bytes(signed.raw_transaction))

    def broadcast(self, raw: bytes) -> None:
        """Send signed bytes. That the node has them, or that their nonce is used, is no error."""
        try:
            self.web3.eth.send_raw_transaction(raw)
        except (Web3Exception, ValueError) as error:
            text = str(error).lower()
            if not any(known in text for known in _HAS_IT):
                raise ChainError("not_sent", f"the node took no transaction: {error}") from error

    def _next_nonce(self, wallet: Wallet) -> int:
        """Raises ChainError waiting where a transaction that was not sent from here is in no block yet: a
        command that was killed and is typed again would be carried out twice."""
        count = self.web3.eth.get_transaction_count
        known, mined = int(count(wallet.address, "pending")), int(count(wallet.address, "latest"))
        if known > max(mined, self._sent.get(wallet.address, 0)):
            raise still_waiting(wallet, known - mined)
        return known

    def _hand_over(self, signed: SignedTransaction) -> None:
        """Broadcast it, and where that fails ask whether the node has it all the same: whoever is told that
        nothing was sent sends again. Raises ChainError not_sent, unclear.
        """
        try:
            self.broadcast(signed.raw)
        except (ChainError, RequestException) as error:
            unclear = ChainError(
                "unclear",
                f"the node did not say whether it took {signed.tx_hash}, which may be mined: {_LOOK_FIRST}",
            )
            try:
                self.web3.eth.get_transaction(HexStr(signed.tx_hash))
            except TransactionNotFound:
                if isinstance(error, ChainError):
                    raise error from None
                raise unclear from error
            except (Web3Exception, ValueError, RequestException):
                raise unclear from error

    def wait(self, tx_hash: str, seconds: float = _WAIT_SECONDS) -> TxReceipt | None:
        """The receipt once the transaction is in a block; None when it takes longer."""
        try:
            return self.web3.eth.wait_for_transaction_receipt(
                HexStr(tx_hash),
                timeout=seconds,
                poll_latency=self.poll_seconds,
            )
        except TimeExhausted:
            return None

    def final_receipt(self, tx_hash: str) -> TxReceipt | None:
        """The receipt if the transaction is under enough blocks; None if it is not, or not known."""
        try:
            receipt = self.web3.eth.get_transaction_receipt(HexStr(tx_hash))
        except TransactionNotFound:
            return None
        return receipt if self.block_number() - receipt["blockNumber"] + 1 >= self.confirmations else None

    def wait_final(self, tx_hash: str, seconds: float | None = None) -> TxReceipt | None:
        """The receipt once the transaction is final; None when that takes longer than `seconds` (by default
        `final_seconds`)."""
        end = time.monotonic() + (self.final_seconds if seconds is None else seconds)
        while self.wait(tx_hash, max(0.0, end - time.monotonic())) is not None:
            if (receipt := self.final_receipt(tx_hash)) is not None:
                return receipt
            if time.monotonic() > end:
                return None
            time.sleep(self.poll_seconds)
        return None

    def finalised(self, receipt: TxReceipt) -> TxReceipt:
        """The receipt of the same transaction once it is final: a re-org may have put it into another block,
        and it may have failed there. Raises RefusedError reverted, ChainError unconfirmed."""
        tx_hash = receipt["transactionHash"].to_0x_hex()
        final = self.wait_final(tx_hash)
        if final is None:
            raise ChainError(
                "unconfirmed", f"{tx_hash} is not under {self.confirmations} blocks: run this again later"
            )
        if final["status"] != 1:
            raise RefusedError("reverted", f"{tx_hash} failed in block {final['blockNumber']}")
        return final

    def final_nonce(self, account: str) -> int:
        """How many of the account's transactions are final."""
        block = max(0, self.block_number() - self.confirmations + 1)
        return int(self.web3.eth.get_transaction_count(Web3.to_checksum_address(account), block))

    def why(self, receipt: TxReceipt, wallet: Wallet, to: str | None, data: bytes) -> RefusedError:
        """Ask again, by a call on the state before its block, why a mined transaction failed."""
        try:
            self.web3.eth.call(_request(wallet, to, data), receipt["blockNumber"] - 1)
        except (Web3Exception, ValueError) as error:
            if isinstance(found := refusal(error), RefusedError):
                return found
        return RefusedError("reverted", f"{receipt['transactionHash'].to_0x_hex()} failed in its block")

    # ------------------------------------------------------------------------------------ development chains

    def jump_to(self, timestamp: int) -> None:
        """Mine a block at `timestamp` on a development node. Raises ChainError clock."""
        for method, params in (("evm_setNextBlockTimestamp", [timestamp]), ("evm_mine", [])):
            self.develop(method, params)

    def develop(self, method: str, params: Sequence[Any]) -> Any:
        """Call a method that only development nodes have. Raises ChainError development_only."""
        answer: Any = self.web3.provider.make_request(method, list(params))  # type: ignore[arg-type]
        if "error" in answer:
            raise ChainError("development_only", f"{method}: {answer['error']['message']}")
        return answer["result"]


def written(contract: Contract, event: str, receipt: TxReceipt) -> list[dict[str, Any]]:
    """The values of the events of this name that a contract itself wrote in a transaction: who was called in
    it, a recipient or a currency, may have written the same in its own name."""
    logs = contract.events[event]().process_receipt(receipt, errors=DISCARD)
    return [dict(log["args"]) for log in logs if log["address"] == contract.address]


def _request(wallet: Wallet, to: str | None, data: bytes) -> TxParams:
    request: TxParams = {
        "from": wallet.address,
        "data": HexStr("0x" + data.hex()),
        "value": Web3.to_wei(0, "wei"),
    }
    if to is not None:
        request["to"] = Web3.to_checksum_address(to)
    return request


def still_waiting(wallet: Wallet, count: int) -> ChainError:
    """So many of the wallet's transactions are in no block."""
    return ChainError(
        "waiting",
        f"{count} of {wallet.name}'s transactions are in no block yet: wait for them, or replace the "
        f"first with `brownie run account replace from={wallet.name}`; then look whether it was done, and "
        "run this again where it was not",
    )


def refusal(error: BaseException) -> RefusedError | ChainError:
    """What a node's error says, in words: RefusedError where the call would fail, the custom error with its
    values where there is one; ChainError node_failed where the node did not get so far."""
    if (said := reverted(error)) is not None:
        return RefusedError(said.name, said.message, said.values)
    words = visible(str(error))
    if is_no_answer(error):
        return ChainError("node_failed", f"the node could not tell: {words}")
    return RefusedError("refused", f"the node refused: {words}")
