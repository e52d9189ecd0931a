"""What every audit does: a contract's logs replayed block by block, beside the currency's own transfers."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Generic, Protocol, TypeVar

from web3.contract.contract import ContractFunctions
from web3.exceptions import Web3Exception

from largesse.chain import ChainError, Node, RefusedError
from largesse.chainlogs import Decoder, Event, read_logs, topic_of
from largesse.errors import LargesseError
from largesse.tokens import TRANSFER, Token

_TRANSFER: Final = "0x" + TRANSFER.hex()
_Judge = Callable[[Any], str]


class Accounting(Protocol):
    """Books that are rebuilt from a contract's logs."""

    events: int

    @property
    def liabilities(self) -> int:
        """What the contract must hold, in base units."""

    @property
    def total_owed(self) -> int:
        """Of that, payouts that the currency refused."""

    def add(self, transaction: Sequence[Event]) -> None:
        """All events of one transaction."""


class Owing(Accounting, Protocol):
    """Books of which payouts can be owed."""

    @property
    def owed(self) -> Mapping[str, int]:
        """By payee, in base units."""


class Comparison:
    """Rebuilt books beside what a contract's views tell at `block`. What is asked is asked together, in the
    end, and once, however much is compared with it."""

    def __init__(self, node: Node, views: ContractFunctions, block: int) -> None:
        self.views = views
        self.block = block
        self._node = node
        self._found: list[str] = []
        self._asked: defaultdict[tuple[str, tuple[Any, ...]], list[_Judge]] = defaultdict(list)

    def same(self, what: str, rebuilt: object, told: object) -> None:
        """Note it where they differ."""
        if rebuilt != told:
            self._found.append(_differs(what, rebuilt, told))

    def ask(
        self,
        what: str,
        rebuilt: object,
        view: str,
        *values: Any,
        read: Callable[[Any], object] = lambda told: told,
    ) -> None:
        """Note it where the view answers otherwise; `read` makes of the answer what is compared."""

        def judge(told: Any) -> str:
            return "" if rebuilt == read(told) else _differs(what, rebuilt, read(told))

        self.judge(judge, view, *values)

    def judge(self, judge: _Judge, view: str, *values: Any) -> None:
        """Note what `judge` says of the view's answer, unless that is ""."""
        self._asked[view, values].append(judge)

    def debts(self, books: Owing) -> None:
        """What is owed, in all and to each."""
        self.ask("owed in all", books.total_owed, "totalOwed")
        for payee, amount in books.owed.items():
            self.ask(f"owed to {payee}", amount, "owed", payee)

    def differences(self) -> list[str]:
        """All of them, in words, once everything is answered."""
        functions = [self.views[view](*values) for view, values in self._asked]
        answers = self._node.call_all(functions, self.block)
        for told, judges in zip(answers, self._asked.values(), strict=True):
            self._found += filter(None, (judge(told) for judge in judges))
        self._asked.clear()
        return self._found


def open_or_gone(told: object) -> str:
    """What a view that answers yes or no says of something that is open by the logs."""
    return "open" if told else "gone"


def _differs(what: str, rebuilt: object, told: object) -> str:
    return f"{what}: {rebuilt} by the logs, {told} by the contract"


class InsolventError(LargesseError):
    """The books don't balance; the message lists every difference."""


@dataclass(frozen=True)
class Replayed:
    """What a replay found. Amounts are base units.

    `reserve` is the currency's own word, `moved` what its Transfer logs add up to, `narrowest` the least by
    which assets were above liabilities at the end of any block since the beginning.
    """

    reserve: int
    moved: int
    narrowest: int
    blocks_checked: int
    problems: tuple[str, ...]


Rebuilt = TypeVar("Rebuilt", bound=Accounting)


@dataclass(frozen=True)
class Found(Generic[Rebuilt]):
    """What the audit of a contract found at `block`. Amounts are base units, `time` Unix seconds.

    `reserve` is the currency's own word, `moved` what its Transfer logs add up to, `narrowest` the least by
    which assets were above liabilities at the end of any block since the beginning.
    """

    block: int
    time: int
    books: Rebuilt
    reserve: int
    moved: int
    narrowest: int
    blocks_checked: int
    problems: tuple[str, ...]

    @property
    def surplus(self) -> int:
        """What lies in the contract and belongs to nobody; negative where money is missing."""
        return self.reserve - self.books.liabilities

    def require_solvent(self) -> None:
        """Raise InsolventError with every problem: missing_money where money is short, else books_differ."""
        if self.problems:
            reason = "missing_money" if self.surplus < 0 else "books_differ"
            raise InsolventError(reason, "\n".join([f"{len(self.problems)} problem(s):", *self.problems]))


def audited(
    token: Token,
    address: str,
    abi: Sequence[dict[str, Any]],
    blocks: range,
    books: Rebuilt,
    differences: Callable[[], list[str]],
    *,
    most: int,
    progress: Callable[[int], None],
) -> Found[Rebuilt]:
    """Replay into `books`, then compare with the contract's views (`differences`) and with the money."""
    found = replay(
        token,
        address,
        abi,
        blocks,
        add=books.add,
        liabilities=lambda: books.liabilities,
        most=most,
        progress=progress,
    )
    last = blocks.stop - 1
    problems = [*found.problems, *differences(), *balance_problems(token, found, books.liabilities)]
    return Found(
        last,
        token.node.block_time(last),
        books,
        found.reserve,
        found.moved,
        found.narrowest,
        found.blocks_checked,
        tuple(problems),
    )


def replay(
    token: Token,
    address: str,
    abi: Sequence[dict[str, Any]],
    blocks: range,
    *,
    add: Callable[[Sequence[Event]], None],
    liabilities: Callable[[], int],
    most: int,
    progress: Callable[[int], None],
) -> Replayed:
    """Give `add` every transaction's events of the contract at `address`; after each block hold what the
    currency moved there against `liabilities`. Asks for `most` blocks at once at the most. Raises LogError.
    """
    node, first, last = token.node, blocks.start, blocks.stop - 1
    moves = _moves(token, address, first, last, most)
    assets = balances_before(token, [address], first)[address]
    narrowest = None
    problems: list[str] = []
    logs = read_logs(node, address, first, last, most=most, progress=progress)
    blocks_checked = 0
    for number, events in _blocks(map(Decoder(abi).decode, logs), moves):
        blocks_checked += 1
        for _, transaction in groupby(events, key=lambda event: event.tx):
            add(list(transaction))
        assets += moves.get(number, 0)
        margin = assets - liabilities()
        if margin < 0:
            problems.append(f"after block {number}, {-margin} base units were missing")
        narrowest = margin if narrowest is None else min(narrowest, margin)
    reserve = token.balance(address, last)
    return Replayed(reserve, assets, narrowest or 0, blocks_checked, tuple(problems))


def balance_problems(token: Token, replayed: Replayed, liabilities: int) -> list[str]:
    """What is wrong with the money at the end, in words."""
    reserve, moved = replayed.reserve, replayed.moved
    if reserve < liabilities:
        short = liabilities - reserve
        missing = f"{token.show(short)} ({short} base units) are missing"
        return [f"{missing}: {reserve} are held and {liabilities} are owed"]
    if reserve != moved:
        return [f"the currency's transfers come to {moved}, its balance is {reserve}"]
    return []


def _blocks(events: Iterable[Event], others: Iterable[int]) -> Iterator[tuple[int, Iterable[Event]]]:
    """The events by block, and the `others` among the blocks with none; all in their order, one at a time."""
    ahead = deque(sorted(others))
    for number, here in groupby(events, key=lambda event: event.block):
        while ahead and ahead[0] < number:
            yield ahead.popleft(), ()
        if ahead and ahead[0] == number:
            ahead.popleft()
        yield number, here
    for number in ahead:
        yield number, ()


def _moves(token: Token, address: str, first: int, last: int, most: int) -> dict[int, int]:
    """By block, what the currency moved to the contract less what it moved away."""
    padded = topic_of(address)
    moves: defaultdict[int, int] = defaultdict(int)
    for topics, sign in (([_TRANSFER, None, padded], 1), ([_TRANSFER, padded], -1)):
        for log in read_logs(token.node, token.address, first, last, topics=topics, most=most):
            moves[int(log["blockNumber"])] += sign * int.from_bytes(log["data"], "big")
    return dict(moves)


def balances_before(token: Token, addresses: Sequence[str], first: int) -> dict[str, int]:
    """What lay at addresses before the contracts were there, which anybody can see to: they are known
    beforehand. By the transfers of before where the node keeps no old state."""
    if first == 0:
        return dict.fromkeys(addresses, 0)
    try:
        return {one: token.balance(one, first - 1) for one in addresses}
    except (RefusedError, ChainError, Web3Exception, ValueError, OSError):
        found = dict.fromkeys(addresses, 0)
        places = {bytes.fromhex(topic_of(one)[2:]): one for one in addresses}
        ours = [topic_of(one) for one in addresses]
        for topics, place, sign in (([_TRANSFER, None, ours], 2, 1), ([_TRANSFER, ours], 1, -1)):
            for log in read_logs(token.node, token.address, 0, first - 1, topics=topics, most=first):
                found[places[bytes(log["topics"][place])]] += sign * int.from_bytes(log["data"], "big")
        return found
