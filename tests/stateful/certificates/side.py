"""One currency's certificates, twice: the bytecode on a chain and the reference model. Each act goes to
both, and then everything that can be read is compared."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields, is_dataclass
from typing import Any, NamedTuple

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from largesse.eip712 import Message, certificates_domain, sign_digest
from largesse.signed import certificates as signed
from tests.model.certificates import Certificates
from tests.model.currency import Currency, Kind
from tests.model.ids import leaf_id
from tests.model.words import Account, Digest, Fault, OneOf, Refused, Signature, Terms
from tests.stateful import people
from tests.stateful.audit import CertificateAudit
from tests.stateful.certificates import logs as rebuild
from tests.stateful.code import ON_REDEMPTION, ROW_OUT, account_code, reader_code
from tests.stateful.evm import Abi, Chain, Receipt, bytecode
from tests.stateful.invariants import Difference
from tests.stateful.people import CODED, EVERYBODY, HOLDING, KEYS, OPERATOR, PAID, SERVICES

TOKENS = {
    Kind.PLAIN: "TestToken",
    Kind.BLACKLIST: "BlacklistToken",
    Kind.PAUSABLE: "PausableToken",
    Kind.FALSE_RETURN: "FalseReturnToken",
    Kind.FEE: "FeeToken",
}
# Of the two pieces of code, not of the interface that joins them: Brownie keeps an interface's old ABI when
# only what it inherits has changed.
PIECES = ("contracts/GiftCertificates.json", "contracts/CertificateBackOffice.json")
ABI = Abi(*(f"contracts/{name}.json" for name in TOKENS.values()), *PIECES)
ABI.errors |= Abi("contracts/SafeERC20.json", "contracts/IERC1155Errors.json").errors
OWN_EVENTS = Abi(*PIECES).events
READER, HASHER = "0x" + "ea" * 20, "0x" + "eb" * 20
ORDERS = (1, 2, 254, 255, 256, 511, 2**63, 2**64 - 1)
PREFIX = "GiftCertificates_"
START = 1_800_000_000
MONEY = 10**15
NEWEST = 40  # gifts and batches that are read after each step; older ones are read when they are used


class Row(NamedTuple):
    """A view to read, and what the model says that it answers. `of` tells contracts with the same views
    apart."""

    view: str
    args: tuple[Any, ...]
    answer: tuple[Any, ...]
    of: str = ""


def new_chain(chain_id: int = 1) -> Chain:
    """A chain with the accounts that have code."""
    chain = Chain(chain_id)
    chain.time = START
    chain.place(READER, reader_code(hashed=False))
    chain.place(HASHER, reader_code(hashed=True))
    for account in CODED:
        chain.place(account, account_code(people.OWNER))
    return chain


class Side:
    """Contract and model over one currency. `code` replaces the built bytecode of a contract, by its name."""

    def __init__(
        self,
        chain: Chain,
        kind: Kind,
        answers: dict[str, bytes | None],
        code: Mapping[str, bytes],
        decimals: int = 6,
    ):
        def code_of(name: str) -> bytes:
            return code.get(name) or bytecode(name)

        self.chain = chain
        self.token = chain.deploy(
            code_of(TOKENS[kind]), ["string", "string", "uint8"], ["Money", "MNY", decimals]
        )
        card_art = chain.deploy(code_of("CardArt"))
        self.address = chain.deploy(
            code_of("GiftCertificates"), ["address", "address"], [self.token, card_art]
        )
        self.model = Certificates(self.address, Currency(self.token, kind), answers)
        self.model.now = chain.time
        self.domain = certificates_domain(chain.id, self.address)
        self.accounts = rebuild.Accounts()
        self.audit = CertificateAudit(self.address, decimals)
        self.made: dict[bytes, Any] = {}  # gifts and batches by id, to read them again
        self.places: dict[bytes, list[str]] = {}  # a batch's leaves, by their paths
        self._expected: tuple[bytes, bytes] | None = None  # request and hash, while the books don't change
        self._compared_at = 0
        self._calldata: dict[tuple[Any, ...], bytes] = {}
        self.sent = b""  # with the last transaction
        for who in EVERYBODY:
            self.token_call(who, "mint", who, MONEY)
            self.model.currency.mint(who, MONEY)
            self.token_call(who, "approve", self.address, 2**256 - 1)

    def labels(self) -> dict[str, str]:
        """What to call this side's contracts."""
        return {self.address: "certificates"}

    # --------------------------------------------------------------------------------------- acting

    def send(self, caller: str, to: str, data: bytes) -> Receipt:
        """A transaction of `caller`, through its owner when it has code."""
        if caller not in CODED:
            return self.chain.send(caller, to, data)
        return self.chain.send(people.OWNER, caller, bytes(12) + bytes.fromhex(to[2:]) + data)

    def set_answer(self, who: str, answer: bytes | None) -> None:
        """An account with code answers so from now on, or as what it is asked wants."""
        self.chain.send(people.OWNER, who, bytes(32) + (answer or b"").ljust(32, b"\0"))

    def token_call(self, caller: str, function: str, *args: Any) -> None:
        """Something that happens in the currency."""
        receipt = self.send(caller, self.token, ABI.call(function, *args))
        self._expected = None
        if not receipt.succeeded:
            raise Difference(f"{function}{args} of the currency failed: {ABI.error(receipt.output)}")

    def read(self, function: str, *args: Any) -> tuple[Any, ...]:
        """What a view of the contract returns."""
        receipt = self.chain.send(people.STRANGER, self.address, ABI.call(function, *args))
        if not receipt.succeeded:
            raise Difference(f"{function}{args} failed: {ABI.error(receipt.output)}")
        return ABI.result(function, receipt.output)

    def money(self, who: str) -> int:
        """Currency that somebody has, as the currency itself says."""
        row = self._row(Row("balanceOf", (who,), ()))
        return int.from_bytes(self.chain.send(who, READER, row).output[:32], "big")

    def act(self, function: str, caller: str, args: Sequence[Any]) -> bool:
        """One transaction, on both. True when it succeeded. Raises Difference."""
        receipt = self.attempt(self.address, ABI, self.model, function, caller, args)
        if receipt is None:
            return False
        self.check_logs(receipt)
        return True

    def attempt(
        self,
        address: str,
        abi: Abi,
        model: Any,
        function: str,
        caller: str,
        args: Sequence[Any],
        data: bytes | None = None,
    ) -> Receipt | None:
        """One transaction to a contract and its model, which agree on whether it succeeds and on what it
        returns; `data` is sent instead of what the arguments encode to. None when it did not. Raises
        Difference."""
        self.model.now = self.chain.time
        self.sent = self.calldata(abi, function, args) if data is None else data
        receipt = self.send(caller, address, self.sent)
        try:
            result = getattr(model, snake(function))(caller, *args)
        except Refused as refusal:
            if receipt.succeeded:
                raise Difference(f"went through, but must revert: {self.named(refusal.faults)}") from None
            reason = abi.error(receipt.output)
            if reason not in self.named(refusal.faults):
                text = f"reverted with {reason}, but must with one of {self.named(refusal.faults)}"
                raise Difference(text) from None
            return None
        self._expected = None
        if not receipt.succeeded:
            raise Difference(f"reverted with {abi.error(receipt.output)}, but must go through")
        if result is not None:
            returned = abi.result(function, receipt.output)
            if returned != self.answered(result):
                raise Difference(f"returned {returned}, must return {result}")
        return receipt

    def answered(self, result: Any) -> tuple[Any, ...]:
        """What a model's operation returned, as the contract returns it."""
        return (result,)

    def calldata(self, abi: Abi, function: str, args: Sequence[Any]) -> bytes:
        """Of a call with a model's arguments."""
        return abi.call(function, *map(self.wire, args))

    def check_logs(self, receipt: Receipt) -> None:
        """What the certificates logged is what their model says, and tells of its redemptions. Raises
        Difference."""
        events = [
            ABI.event(log)
            for log in receipt.logs
            if log.topics[0] in OWN_EVENTS and log.address == self.address
        ]
        self.check_events(events, self.model.events)
        self.accounts.add(events)
        self.audit.add(receipt.logs, self.chain.time)
        self.audit.check(self.model.liabilities())
        found = rebuild.redemptions(events)
        if found != self.model.books.redeemed:
            raise Difference(f"the logs tell of {found}, the model of {self.model.books.redeemed}")
        self.audit.check_redeemed(found)

    def check_events(self, events: Sequence[tuple[Any, ...]], said: Sequence[tuple[Any, ...]]) -> None:
        """One contract's, one by one. Raises Difference."""
        expected = [tuple(self.plain(value) for value in event) for event in said]
        for i in range(max(len(events), len(expected))):
            real = events[i] if i < len(events) else ()
            one = expected[i] if i < len(expected) else ()
            if real and one and isinstance(one[-1], frozenset):  # a skipped row: any of its faults
                one = (*one[:-1], *real[-3:]) if real[-3:] in one[-1] else one
            if real != one:
                raise Difference(f"event {i} is {real}, must be {one}")

    # ---------------------------------------------------------------------------------- translating

    def wire(self, value: Any) -> Any:
        """A model's argument as the ABI takes it: signatures as bytes."""
        if value is None:
            return b""
        if isinstance(value, Signature):
            key = KEYS.get(value.signer, KEYS[people.STRANGER])
            return sign_digest(self.digest(value.message, value.domain), key)
        if is_dataclass(value):
            return tuple(self.wire(getattr(value, member.name)) for member in fields(value))
        if isinstance(value, tuple | list):
            return [self.wire(one) for one in value]
        return value

    def digest(self, said: tuple[Any, ...], contract: str) -> bytes:
        """What is signed to say this to a contract."""
        domain = self.domain
        if contract != self.address:
            domain = certificates_domain(domain.chain_id, contract)
        return self.message(said).digest(domain)

    def message(self, said: tuple[Any, ...]) -> Message:
        """The typed message that says this."""
        name, *members = said
        if name == "Claim":
            follow_up = members[-1]
            members[-1] = self.message(follow_up).struct_hash() if follow_up else bytes(32)
        kind: type[Message] = getattr(signed, name)
        return kind(*members)

    def plain(self, value: Any) -> Any:
        """A model's value as it is decoded from the chain."""
        if isinstance(value, Digest):
            return self.digest(value.message, self.address)
        if isinstance(value, Terms):
            return astuple(value)
        if isinstance(value, OneOf):
            return frozenset(map(self._report, value.faults))
        return value

    def named(self, faults: Sequence[Fault]) -> list[tuple[str, tuple[Any, ...]]]:
        """Faults as errors are decoded from the chain."""
        return [(error_name(name), tuple(map(self.plain, values))) for name, values in faults]

    def _report(self, fault: Fault) -> tuple[bytes, int, int]:
        """A fault as a skipped row reports it: the error's selector and its first two values."""
        name, values = fault
        numbers = [as_number(self.plain(value)) for value in values[:2]] + [0]
        return ABI.selector(error_name(name)), numbers[0], numbers[1]

    # ------------------------------------------------------------------------------------ comparing

    def compare(self) -> None:
        """Everything that can be read is as the model has it. Raises Difference."""
        if self._expected is None or self._compared_at != self.chain.time:
            self.model.now = self._compared_at = self.chain.time
            rows = self.rows()
            request = b"".join(self._row(row) for row in rows)
            self._expected = request, keccak(b"".join(pack(row.answer) for row in rows))
        request, expected = self._expected
        if self.chain.send(people.OWNER, HASHER, request).output == expected:
            return
        rows = self.rows()
        output = self.chain.send(people.OWNER, READER, request).output
        for i, row in enumerate(rows):
            real = output[i * ROW_OUT : (i + 1) * ROW_OUT]
            if real != pack(row.answer):
                words = [int.from_bytes(real[j : j + 32], "big") for j in range(0, ROW_OUT, 32)]
                raise Difference(f"{row.view}{row.args} is {words}, must be {row.answer}")
        raise Difference("the reader disagrees with itself")

    def _row(self, row: Row) -> bytes:
        key = row.of, row.view, row.args
        if key not in self._calldata:
            target, data = self.request(row)
            self._calldata[key] = bytes(12) + bytes.fromhex(target[2:]) + data.ljust(100, b"\0")
        return self._calldata[key]

    def request(self, row: Row) -> tuple[str, bytes]:
        """Whom to ask, and the call."""
        if row.view == "balanceOf" and len(row.args) == 1:
            return self.token, keccak(text="balanceOf(address)")[:4] + encode(["address"], row.args)
        return self.address, ABI.call(row.view, *row.args)

    def rows(self) -> list[Row]:
        """Every view of the contract, and the balances of its currency."""
        model, books = self.model, self.model.books
        rows = [Row("balanceOf", (who,), (model.currency.of(who),)) for who in (*EVERYBODY, self.token)]
        rows.append(Row("balanceOf", (self.address,), (model.currency.of(self.address),)))
        rows.append(Row("seriesCount", (), (len(books.series),)))
        rows.append(Row("totalOwed", (), (sum(books.owed.values()),)))
        for who in EVERYBODY:
            rows.append(Row("owed", (who,), (books.owed.get(who, 0),)))
            rows.append(Row("account", (0, who), _account(model.account(0, who))))
        for series_id in books.series:
            rows += self._series_rows(series_id)
        for paid in PAID:
            for order in ORDERS:
                used = books.orders.get((paid, order), False)
                rows.append(Row("isOrderUsed", (paid, order), (used,)))
        for given, thing in list(self.made.items())[-NEWEST:]:
            if given not in self.places:
                rows.append(Row("isGiftOpen", (given,), (given in books.gifts,)))
                continue
            _, remaining = books.batches.get(given, (thing, 0))
            rows.append(Row("batchRemaining", (given,), (remaining,)))
            for path in self.places[given]:
                taken = books.taken.get((given, path), False)
                rows.append(Row("isClaimedFromBatch", (given, int("1" + path, 2)), (taken,)))
        for holder in HOLDING:
            approved = books.approvals.get((holder, OPERATOR), False)
            rows.append(Row("isApprovedForAll", (holder, OPERATOR), (approved,)))
        return rows

    def _series_rows(self, series_id: int) -> list[Row]:
        model, books = self.model, self.model.books
        series = books.series[series_id]
        terms = series.terms
        rows = [
            Row("state", (series_id,), tuple(getattr(series, f.name) for f in fields(series)[1:])),
            Row(
                "cardFacts",
                (series_id,),
                (
                    terms.denomination,
                    terms.expires_at,
                    terms.limitation_at,
                    terms.named,
                    terms.terms_hash,
                    model.status(series),
                ),
            ),
        ]
        for who in EVERYBODY:
            held = model.account(series_id, who)
            if series.forfeited:
                held = Account(0, held.spent, held.nonce)
            rows.append(Row("account", (series_id, who), _account(held)))
            rows.append(Row("refundable", (series_id, who), model.refundable(series_id, who)))
        for who in PAID:
            rows.append(Row("isMerchant", (series_id, who), (model.is_merchant(series_id, who),)))
            rows.append(Row("isService", (series_id, who), (model.is_service(series_id, who),)))
            rows.append(Row("merchantUntil", (series_id, who), (model.until(series_id, who),)))
        for who in (OPERATOR, people.STRANGER):
            power = model.operator_today(series_id, who)
            rows.append(Row("operatorLimit", (series_id, who), (power.daily_limit, power.issued)))
        for holder in HOLDING:
            rows.append(Row("returnable", (series_id, holder), (model.returnable(series_id, holder),)))
        for service in SERVICES:
            for holder in HOLDING:
                placed = books.placed.get((series_id, service, holder), 0)
                rows.append(Row("placed", (series_id, service, holder), (placed,)))
        return rows

    def compare_rest(self) -> None:
        """What is too large to read after every step: terms, and the books that `solvency` rebuilds."""
        self.audit.compare(self.model)
        for series_id, series in self.model.books.series.items():
            output = self.chain.send(people.OWNER, self.address, ABI.call("terms", series_id)).output
            if ABI.result("terms", output)[0] != astuple(series.terms):
                raise Difference(f"terms of {series_id} changed")

    def compare_told(self) -> None:
        """The service that the last operation paid was told what the model says. Raises Difference."""
        for service, told in self.model.books.told.items():
            payee, amount, order, portions, data = told
            call = keccak(text=ON_REDEMPTION)[:4] + encode(
                ["address", "uint256", "uint64", "(address,uint256,uint256)[]", "bytes"],
                [payee, amount, order, [astuple(one) for one in portions], data],
            )
            if self.chain.evm.storage(service, 0) != int.from_bytes(keccak(call), "big"):
                raise Difference(f"{service} was not told {told}")

    def batch_leaf(self, batch: bytes, index: int) -> bytes:
        """What the key of a batch's gift signs."""
        return leaf_id(batch, index)


def snake(name: str) -> str:
    """`issueBatch` as `issue_batch`."""
    return re.sub("(?<!^)(?=[A-Z])", "_", name).lower()


def error_name(name: str) -> str:
    """The full name of an error of the model."""
    others = (
        "ERC|Safe|Blacklist|Enforced|FailedCall|Error$"
        "|(Custody|Jar|Accounts|Orders|Pools|Swaps|Items|Payout|Market|CertificateSales)_"
    )
    ours = name and not re.match(others, name)
    return PREFIX + name if ours else name


def as_number(value: Any) -> int:
    """An error's value as a word."""
    if isinstance(value, bytes):
        return int.from_bytes(value, "big")
    return int(value, 16) if isinstance(value, str) else int(value)


def pack(answer: tuple[Any, ...]) -> bytes:
    """Words as the reader returns them."""
    words = (as_number(value) % 2**256 for value in answer)
    return b"".join(word.to_bytes(32, "big") for word in words).ljust(ROW_OUT, b"\0")


def _account(held: Account) -> tuple[int, int, int]:
    return held.balance, held.spent, held.nonce
