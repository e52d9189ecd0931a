"""Deploying Largesse: the same addresses on every chain, safe to run again, checked afterwards.

Drawing, lens and factory go through the deterministic deployment proxy
(https://github.com/Arachnid/deterministic-deployment-proxy), so their addresses follow from their code; the
factory then makes GiftCertificates and every part of `largesse.parts` for each currency, at addresses that
follow from the factory, the part and the currency. A release with another list of parts is another factory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from eth_abi.abi import encode
from requests.exceptions import RequestException
from web3 import Web3
from web3.contract.contract import Contract, ContractFunction
from web3.exceptions import Web3Exception

from largesse.artifacts import artifact
from largesse.chain import Node, RefusedError, Wallet
from largesse.chainlogs import find_logs, ignore, topic_of
from largesse.deployment import CurrencyRecord, Deployment, DeploymentError
from largesse.eip712 import Domain, certificates_domain, keccak
from largesse.parts import CERTIFICATES, PARTS, Part, create2, create3, first_created
from largesse.tokens import Token
from largesse.waiting import await_final

DEPLOYER: Final = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
SALT: Final = keccak(b"Largesse 1")

MOST_SYMBOL: Final = 32
_NOT_IN_NAMES: Final = frozenset(" /\\")

_CREATED: Final = "0x" + keccak(b"Created(address,address,string)").hex()
"""The factory's event."""

_Check = Callable[[str, object, object], None]


@dataclass(frozen=True)
class Step:
    """One transaction of a plan: `done` if what it makes is there already."""

    what: str
    address: str
    to: str
    data: bytes
    gas: int
    done: bool


@dataclass(frozen=True)
class CurrencyPlan:
    """Where a currency's contracts are or will be; `parts` by the names of `PARTS`."""

    token: Token
    certificates: str
    parts: dict[str, str]


@dataclass(frozen=True)
class Plan:
    """Everything that `deploy` is about to send, decoded."""

    chain_id: int
    card_art: str
    lens: str
    factory: str
    parts: tuple[Part, ...]
    currencies: tuple[CurrencyPlan, ...]
    steps: tuple[Step, ...]

    @property
    def missing(self) -> tuple[Step, ...]:
        """What is still to be sent."""
        return tuple(step for step in self.steps if not step.done)

    @property
    def gas(self) -> int:
        """At most what all that is missing takes."""
        return sum(step.gas for step in self.missing)


# ------------------------------------------------------------------------------------------------------ plan


def plan_deployment(node: Node, currencies: Sequence[str], parts: Sequence[Part] = PARTS) -> Plan:
    """What to send so that each currency (a token's address) has its GiftCertificates and all `parts`.

    Raises DeploymentError no_create2_deployer, bad_symbol, symbol_taken, RefusedError where a currency is no
    token.
    """
    if not node.has_code(DEPLOYER):
        raise DeploymentError(
            "no_create2_deployer",
            f"chain {node.chain_id} has no deployment proxy at {DEPLOYER}; it must be deployed there first",
        )
    tokens = tuple(Token.at(node, currency) for currency in dict.fromkeys(currencies))
    _check_symbols(tokens)
    steps: list[Step] = []

    def by_proxy(name: str, arguments: bytes = b"") -> str:
        code = artifact(name).creation_code + arguments
        address = create2(DEPLOYER, SALT, keccak(code))
        steps.append(_step(node, f"deploy {name}", address, DEPLOYER, SALT + code))
        return address

    card_art = by_proxy("CardArt")
    lens = by_proxy("CertificateLens")
    factory = by_proxy("LargesseFactory", factory_arguments(card_art, parts))
    functions = node.web3.eth.contract(abi=artifact("LargesseFactory").abi)

    def by_factory(part: str, contract: str, token: Token) -> str:
        address = create3(factory, part, token.address)
        data = functions.encode_abi("create", [part, token.address, artifact(contract).creation_code])
        what = f"create {contract} of {token.symbol}"
        steps.append(_step(node, what, address, factory, bytes.fromhex(data[2:])))
        return address

    planned = []
    for token in tokens:
        certificates = by_factory(CERTIFICATES, "GiftCertificates", token)
        others = {part.name: by_factory(part.name, part.contract, token) for part in parts}
        planned.append(CurrencyPlan(token, certificates, others))
    return Plan(node.chain_id, card_art, lens, factory, tuple(parts), tuple(planned), tuple(steps))


def _check_symbols(tokens: Sequence[Token]) -> None:
    """Commands, books, reports and files tell currencies apart by what these say of themselves."""
    seen: dict[str, str] = {}
    for token in tokens:
        symbol = token.symbol
        if not (0 < len(symbol) <= MOST_SYMBOL and symbol.isprintable() and not set(symbol) & _NOT_IN_NAMES):
            raise DeploymentError(
                "bad_symbol",
                f"{token.address} calls itself {symbol[:60]!r}: a symbol has 1 to {MOST_SYMBOL} characters "
                "that can be seen, no blank and no slash among them",
            )
        if symbol in seen:
            raise DeploymentError(
                "symbol_taken",
                f"{token.address} calls itself {symbol}, as {seen[symbol]} does, and what is owed in the one "
                "would be told as the other's: give it a record of its own (LARGESSE_STATE=<folder>)",
            )
        seen[symbol] = token.address


@cache
def _code_hash(contract: str) -> bytes:
    return keccak(artifact(contract).creation_code)


def factory_arguments(card_art: str, parts: Sequence[Part] = PARTS) -> bytes:
    """The factory's constructor arguments, ABI-encoded."""
    rows = [(part.name, _code_hash(part.contract)) for part in parts]
    return encode(
        ["address", "bytes32", "(string,bytes32)[]"], [card_art, _code_hash("GiftCertificates"), rows]
    )


def _step(node: Node, what: str, address: str, to: str, data: bytes) -> Step:
    # Bounds: calldata (EIP-2028), creation, 200 gas for each byte of code that stays, and the constructor.
    calldata = 16 * len(data) - 12 * data.count(0)
    gas = 21_000 + calldata + 32_000 * 2 + 200 * len(data) + 400_000
    return Step(what, address, to, data, gas, node.has_code(address))


# ---------------------------------------------------------------------------------------------------- deploy


def deploy(
    node: Node, wallet: Wallet, plan: Plan, report: Callable[[Step, int], None] = ignore
) -> Deployment:
    """Send what is missing of `plan`, wait until it is final, then read everything back.

    `report` hears of each step and the gas it took (0 where it was there). Raises RefusedError,
    DeploymentError, ChainError unconfirmed. Interrupted anywhere, it goes on when it is called again.
    """
    for step in plan.steps:
        if node.has_code(step.address):
            report(step, 0)
            continue
        receipt = node.send_raw_call(wallet, step.to, step.data)
        if not node.has_code(step.address):
            raise DeploymentError("not_deployed", f"{step.what}: there is no code at {step.address}")
        report(step, int(receipt["gasUsed"]))
    await_final(node, wallet.address)
    first = _first_block(node, plan.factory) if plan.currencies else 0
    records = []
    for one in plan.currencies:
        certificates = _contract(node, "GiftCertificates", one.certificates)
        topics = _CREATED, topic_of(one.token.address), topic_of(one.certificates)
        created = find_logs(node, plan.factory, first, topics)
        records.append(
            CurrencyRecord(
                one.token.symbol, one.token.address, one.token.decimals, one.certificates,
                str(node.call(certificates.functions.backOffice())), int(created[0]["blockNumber"]),
                dict(one.parts),
            )
        )  # fmt: skip
    deployment = Deployment(
        node.chain_id, node.genesis, plan.card_art, plan.lens, plan.factory, tuple(records)
    )
    final_check(node, deployment, plan.parts)
    return deployment


def _contract(node: Node, name: str, address: str) -> Contract:
    return node.contract(address, artifact(name).abi)


def _first_block(node: Node, address: str) -> int:
    """The block before which `address` had no code, by bisection; 0 where the node keeps no old state."""
    low, high = 0, node.block_number()
    where = Web3.to_checksum_address(address)
    try:
        while low < high:
            middle = (low + high) // 2
            if node.web3.eth.get_code(where, middle):
                high = middle
            else:
                low = middle + 1
    except (Web3Exception, RequestException, ValueError, LookupError):
        return 0
    return low


def final_check(node: Node, deployment: Deployment, parts: Sequence[Part] = PARTS) -> tuple[str, ...]:
    """Read a deployment of these `parts` back; what was checked, in words.

    Raises DeploymentError check_failed, naming everything that differs.
    """
    done: list[str] = []
    wrong: list[str] = []

    def check(what: str, found: object, expected: object) -> None:
        (done if found == expected else wrong).append(
            what if found == expected else f"{what}: found {found}, expected {expected}"
        )

    check("chain", node.chain_id, deployment.chain_id)
    check("first block of the chain", node.genesis, deployment.genesis)
    plan = plan_deployment(node, [one.token for one in deployment.currencies], parts)
    check("CardArt's address follows from its code", deployment.card_art, plan.card_art)
    check("CertificateLens' address follows from its code", deployment.lens, plan.lens)
    check("LargesseFactory's address follows from its code", deployment.factory, plan.factory)
    for step in plan.steps:
        check(f"code of: {step.what}", "there" if step.done else "nothing", "there")
    if not wrong:
        factory = _contract(node, "LargesseFactory", deployment.factory)
        check("factory draws with CardArt", _ask(node, factory.functions.cardArt()), deployment.card_art)
        for name, contract in ((CERTIFICATES, "GiftCertificates"), *((p.name, p.contract) for p in parts)):
            known = _ask(node, factory.functions.codeHashOf(name))
            check(f"factory's code hash of {name}", known, _code_hash(contract))
        for record in deployment.currencies:
            _check_certificates(node, factory, record, check)
            check(f"parts of {record.symbol}", sorted(record.parts), sorted(part.name for part in parts))
            for part in parts:
                _check_part(node, factory, record, part, check)
    if wrong:
        raise DeploymentError("check_failed", "this is not the deployment: " + "; ".join(wrong))
    return tuple(done)


def _ask(node: Node, function: ContractFunction) -> Any:
    """What a view answers, or that it doesn't: another contract may be there."""
    try:
        return node.call(function)
    except RefusedError as error:
        return f"no answer ({error})"


def _check_made(
    node: Node,
    factory: Contract,
    part: str,
    contract: str,
    record: CurrencyRecord,
    address: str,
    check: _Check,
) -> None:
    found = _ask(node, factory.functions.find(part, record.token))
    found = tuple(found) if isinstance(found, list) else found
    check(f"{contract} of {record.symbol}: the factory made it", found, (address, True))


def _check_certificates(node: Node, factory: Contract, record: CurrencyRecord, check: _Check) -> None:
    name = f"GiftCertificates of {record.symbol}"
    _check_made(node, factory, CERTIFICATES, "GiftCertificates", record, record.certificates, check)
    contract = _contract(node, "GiftCertificates", record.certificates)
    check(f"{name}: currency", _ask(node, contract.functions.currency()), record.token)
    back_office = _ask(node, contract.functions.backOffice())
    check(f"{name}: second piece of code", back_office, record.back_office)
    check(f"{name}: second piece", "there" if node.has_code(back_office) else "nothing", "there")
    separator = certificates_domain(node.chain_id, record.certificates).separator
    check(f"{name}: signing domain", _ask(node, contract.functions.DOMAIN_SEPARATOR()), separator)
    check(f"{name}: decimals", Token.at(node, record.token).decimals, record.decimals)


def _check_part(node: Node, factory: Contract, record: CurrencyRecord, part: Part, check: _Check) -> None:
    address = record.parts.get(part.name, "nothing")
    _check_made(node, factory, part.name, part.contract, record, address, check)
    if address == "nothing":
        return
    name = f"{part.contract} of {record.symbol}"
    contract = _contract(node, part.contract, address)
    certificates = _ask(node, contract.functions.certificates())
    check(f"{name}: its certificates", certificates, record.certificates)
    answers = {item.get("name") for item in artifact(part.contract).abi}
    if "DOMAIN_SEPARATOR" in answers:
        separator = Domain(f"Largesse {part.contract}", "1", node.chain_id, address).separator
        check(f"{name}: signing domain", _ask(node, contract.functions.DOMAIN_SEPARATOR()), separator)
    if "backOffice" in answers:
        # Its constructor makes the second piece of its code, before anything else.
        expected = first_created(address)
        check(f"{name}: second piece of code", _ask(node, contract.functions.backOffice()), expected)
        check(f"{name}: second piece", "there" if node.has_code(expected) else "nothing", "there")
