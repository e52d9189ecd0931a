"""One currency's certificates and a contract that keeps money beside them, twice: the bytecode on a chain and
the reference models. Each act goes to both."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from largesse.eip712 import Domain, Message
from largesse.report.history import BOOKS
from largesse.signed.certificates import OwedWithdrawal
from tests.model.certificates import Certificates
from tests.model.currency import Kind
from tests.model.words import Digest, Series, Signature
from tests.stateful import people
from tests.stateful.audit import CONTRACTS, Audit
from tests.stateful.certificates.side import ABI, PIECES, Row, Side
from tests.stateful.custody.logs import CustodyLogs
from tests.stateful.evm import Abi, Chain, Receipt, bytecode
from tests.stateful.invariants import Difference
from tests.stateful.people import CODED, EVERYBODY, HOLDING, PEOPLE

# What the certificates do in these lives; everything else goes to the contract beside them.
CERTIFICATE_ACTS = frozenset({"createSeries", "addServices", "issue", "pay", "safeTransferFrom"})
WALLET_SAYS = b"\x01" * 66  # a signature that only a contract wallet finds good
Rows = list[tuple[str, tuple[Any, ...], tuple[Any, ...]]]
"""Views with arguments and answers."""


def abi_of(*pieces: str) -> Abi:
    """Of a contract that keeps money, by its pieces of code."""
    abi = Abi(*pieces)
    abi.errors |= ABI.errors
    return abi


def messages_of(*modules: Any) -> dict[str, type[Message]]:
    """What is signed to such a contract, and to a currency that pays it, by the name of its type."""
    found = {name: kind for module in modules for name, kind in vars(module).items()}
    found["OwedWithdrawal"] = OwedWithdrawal
    return {
        name: kind for name, kind in found.items() if isinstance(kind, type) and issubclass(kind, Message)
    }


class CustodySide(Side, ABC):
    """Contracts and models over one currency. What a kind of contract is like, its subclass says."""

    NAME: str
    """The contract's."""
    CERTIFICATE_ACTS = CERTIFICATE_ACTS
    """Functions that are the certificates'."""
    ABI: Abi
    SAID: Mapping[str, type[Message]]
    """What is signed to it, or to the currency."""
    keeper: Any
    """Its model."""
    logs: CustodyLogs

    def __init__(
        self,
        chain: Chain,
        kind: Kind,
        answers: dict[str, bytes | None],
        code: Mapping[str, bytes],
        decimals: int,
    ) -> None:
        super().__init__(chain, kind, answers, code, decimals)
        creation = code.get(self.NAME) or bytecode(self.NAME)
        self.here = chain.deploy(creation, ["address"], [self.address])
        self.audit_here = Audit(self.NAME, self.here, decimals) if CONTRACTS[self.NAME] in BOOKS else None
        self._card_abi = Abi(*PIECES)
        self._card_abi.errors = self.ABI.errors  # a payment into it reverts with what it says
        for who in EVERYBODY:
            self.token_call(who, "approve", self.here, 2**256 - 1)

    @abstractmethod
    def domain_of(self, contract: str) -> Domain:
        """Of the contract, for what is signed to it."""

    def remember(self, function: str, args: Sequence[Any]) -> None:
        """Anything of these arguments that is to be read from now on."""

    def homes(self) -> set[str]:
        """Whose events the accountant reads."""
        return {self.here}

    def labels(self) -> dict[str, str]:
        """What to call this side's contracts."""
        return super().labels() | {self.here: self.NAME}

    # --------------------------------------------------------------------------------------- acting

    def act(self, function: str, caller: str, args: Sequence[Any], data: bytes | None = None) -> bool:
        """One transaction, to the certificates or to the contract beside them, on both; with `data`, these
        bytes say what the arguments say. True when it succeeded. Raises Difference."""
        self.keeper.events = []
        self.remember(function, args)
        if function in self.CERTIFICATE_ACTS:
            to, abi, model = self.address, self._card_abi, self.model
        else:
            to, abi, model = self.here, self.ABI, self.keeper
        receipt = self.attempt(to, abi, model, function, caller, args, data)
        if receipt is None:
            return False
        self.check_logs(receipt)
        events = [
            self.ABI.event(log)
            for log in receipt.logs
            if log.topics[0] in self.ABI.events and log.address in self.homes()
        ]
        self.check_events(events, self.keeper.events)
        self.account_for(receipt, events)
        if self.audit_here:
            self.audit_here.add(receipt.logs, self.chain.time)
        return True

    def held(self) -> int:
        """Currency that the contract has, or should have."""
        return self.model.currency.of(self.here)

    def account_for(self, receipt: Receipt, events: Sequence[tuple[Any, ...]]) -> None:
        """What a transaction logged goes into the books of this side's accountant."""
        self.logs.add(events)

    def calldata(self, abi: Abi, function: str, args: Sequence[Any]) -> bytes:
        """Of a call with a model's arguments."""
        if function == "multicall":
            return abi.call("multicall", [self.calldata(abi, name, inner) for name, inner in args[0]])
        if function == "permit":
            owner, amount, deadline, signature = args
            signed = self.wire(signature)
            return abi.call("permit", owner, amount, deadline, signed[64], signed[:32], signed[32:64])
        return super().calldata(abi, function, args)

    # ---------------------------------------------------------------------------------- translating

    def wire(self, value: Any) -> Any:
        """A model's argument as the ABI takes it."""
        if isinstance(value, Signature) and value.signer in CODED:
            return WALLET_SAYS
        return super().wire(value)

    def digest(self, said: tuple[Any, ...], contract: str) -> bytes:
        """What is signed to say this to a contract."""
        name, *values = said
        if name not in self.SAID:
            return super().digest(said, contract)
        domain = self.domain_of(contract)
        if contract == self.token:
            domain = Domain("Money", "1", self.chain.id, contract)
        return self.SAID[name](*map(self.plain, values)).digest(domain)

    def plain(self, value: Any) -> Any:
        """A model's value as it is decoded from the chain."""
        if isinstance(value, Digest) and value.message[0] in self.SAID:
            return self.digest(value.message, self.here)
        return super().plain(value)

    # ------------------------------------------------------------------------------------ comparing

    def request(self, row: Row) -> tuple[str, bytes]:
        """Whom to ask, and the call."""
        if row.of == self.NAME:
            return self.here, self.ABI.call(row.view, *row.args)
        return super().request(row)

    def rows(self) -> list[Row]:
        """Every view of the contract, what it moves in the certificates, and the balances of the currency."""
        model, books = self.model, self.model.books
        everybody = (*EVERYBODY, self.token, self.address, self.here)
        rows = [Row("balanceOf", (who,), (model.currency.of(who),)) for who in everybody]
        for series_id, series in books.series.items():
            rows.append(Row("state", (series_id,), _state(series)))
            for who in HOLDING:
                rows.append(Row("account", (series_id, who), account_row(model, series_id, who)))
                rows.append(Row("returnable", (series_id, who), (self.model.returnable(series_id, who),)))
                placed = books.placed.get((series_id, self.here, who), 0)
                rows.append(Row("placed", (series_id, self.here, who), (placed,)))
        own = [*self.desk_rows(), *self.own_rows()]
        return rows + [Row(view, args, answer, self.NAME) for view, args, answer in own]

    @abstractmethod
    def own_rows(self) -> Rows:
        """Views of this kind of contract alone."""

    def desk_rows(self) -> Rows:
        """Views that contracts which keep money have."""
        books = self.keeper.books
        rows: Rows = [
            ("totalOwed", (), (sum(books.owed.values()),)),
            ("certificates", (), (self.address,)),
            ("currency", (), (self.token,)),
        ]
        rows += [("owed", (who,), (books.owed.get(who, 0),)) for who in (*EVERYBODY, self.here)]
        rows += [("watermark", (who,), (books.marks.get(who, 0),)) for who in (*PEOPLE, *CODED)]
        return rows

    def view(self, view: str, *args: Any) -> tuple[Any, ...]:
        """What a view of the contract returns now. Raises Difference."""
        receipt = self.chain.send(people.STRANGER, self.here, self.ABI.call(view, *args))
        if not receipt.succeeded:
            raise Difference(f"{view}{args} failed: {self.ABI.error(receipt.output)}")
        return self.ABI.result(view, receipt.output)


def account_row(model: Certificates, series_id: int, who: str) -> tuple[int, int, int]:
    """What the view `account` answers of a holder: of a series that was forfeited no balance."""
    held = model.account(series_id, who)
    return 0 if model.books.series[series_id].forfeited else held.balance, held.spent, held.nonce


def _state(series: Series) -> tuple[Any, ...]:
    return tuple(getattr(series, member.name) for member in fields(series)[1:])
