"""Deploying Largesse: the same addresses on every chain, safe to run again, checked afterwards.

Drawing, lens and factory go through the deterministic deployment proxy
(https://github.com/Arachnid/deterministic-deployment-proxy), so their addresses follow from their code; the
factory then makes one GiftCertificates for each currency at an address that follows from the factory and the
currency (CREATE2 is EIP-1014).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import encode
from web3 import Web3
from web3.contract.contract import ContractFunction

from largesse import signing
from largesse.artifacts import artifact
from largesse.chain import Node, RefusedError, Wallet
from largesse.chainlogs import ignore
from largesse.errors import LargesseError
from largesse.files import replace_file
from largesse.signing import keccak
from largesse.tokens import Token

DEPLOYER: Final = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
SALT: Final = keccak(b"Largesse 1")
FORMAT: Final = "largesse/deployment"
VERSION: Final = 1
# keccak256 of the creation code of the proxy that solady's CREATE3 deploys through.
_CREATE3_PROXY: Final = bytes.fromhex("21c35dbe1b344a2488cf3321d6ce542f8e9f305544ff09e4993a62319a497c1f")


class DeploymentError(LargesseError):
    """A deployment that is not there, not whole, or not what it should be."""


@dataclass(frozen=True)
class CurrencyRecord:
    """One currency: its token, and the GiftCertificates over it; `block` is where its logs begin."""

    symbol: str
    token: str
    decimals: int
    certificates: str
    back_office: str
    block: int
    sales: str


@dataclass(frozen=True)
class SeriesRecord:
    """A series by the name its manifest gives it; `symbol` is its currency's."""

    name: str
    symbol: str
    series_id: int
    face: int


@dataclass(frozen=True)
class Deployment:
    """What is deployed on one chain. `genesis` is block 0's hash: development chains all have one id."""

    chain_id: int
    genesis: str
    card_art: str
    lens: str
    factory: str
    currencies: tuple[CurrencyRecord, ...] = ()
    series: tuple[SeriesRecord, ...] = ()

    def currency(self, symbol: str) -> CurrencyRecord:
        """The currency called `symbol`. Raises DeploymentError unknown_currency."""
        for one in self.currencies:
            if one.symbol == symbol:
                return one
        known = ", ".join(one.symbol for one in self.currencies) or "none"
        raise DeploymentError("unknown_currency", f"{symbol!r} is no currency here; there are: {known}")

    def with_series(self, record: SeriesRecord) -> Deployment:
        """This deployment with one more named series; one of the same name is replaced."""
        others = tuple(one for one in self.series if one.name != record.name)
        return replace(self, series=(*others, record))


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
class Plan:
    """Everything that `deploy` is about to send, decoded."""

    chain_id: int
    card_art: str
    lens: str
    factory: str
    tokens: tuple[Token, ...]
    certificates: tuple[str, ...]
    sales: tuple[str, ...]
    steps: tuple[Step, ...]


# ------------------------------------------------------------------------------------------------- addresses


def create2(deployer: str, salt: bytes, code_hash: bytes) -> str:
    """Address that CREATE2 gives (EIP-1014)."""
    return Web3.to_checksum_address(keccak(b"\xff" + bytes.fromhex(deployer[2:]) + salt + code_hash)[12:])


def create3(factory: str, part: str, currency: str) -> str:
    """Address that the factory gives to a `part` ("certificates", "sales") of a currency."""
    proxy = create2(factory, keccak(encode(["string", "address"], [part, currency])), _CREATE3_PROXY)
    # The proxy's first contract: RLP of [proxy, 1].
    return Web3.to_checksum_address(keccak(b"\xd6\x94" + bytes.fromhex(proxy[2:]) + b"\x01")[12:])


# ------------------------------------------------------------------------------------------------------ plan


def plan_deployment(node: Node, currencies: Sequence[str]) -> Plan:
    """What to send so that each currency (a token's address) has its GiftCertificates.

    Raises DeploymentError no_create2_deployer, RefusedError where a currency is no token.
    """
    if not node.has_code(DEPLOYER):
        raise DeploymentError(
            "no_create2_deployer",
            f"chain {node.chain_id} has no deployment proxy at {DEPLOYER}; it must be deployed there first",
        )
    tokens = tuple(Token.at(node, currency) for currency in currencies)
    steps: list[Step] = []

    def by_proxy(name: str, *arguments: bytes) -> str:
        code = artifact(name).creation_code + b"".join(arguments)
        address = create2(DEPLOYER, SALT, keccak(code))
        steps.append(_step(node, f"deploy {name}", address, DEPLOYER, SALT + code))
        return address

    card_art = by_proxy("CardArt")
    lens = by_proxy("CertificateLens")
    certificates_code, sales_code = artifact("GiftCertificates").creation_code, _sales_code()
    hashes = encode(
        ["address", "bytes32", "bytes32"], [card_art, keccak(certificates_code), keccak(sales_code)]
    )
    factory = by_proxy("CertificateFactory", hashes)
    functions = node.web3.eth.contract(abi=artifact("CertificateFactory").abi)
    certificates, sales = [], []
    for token in tokens:
        where = create3(factory, "certificates", token.address)
        data = functions.encode_abi("createCertificates", [token.address, certificates_code])
        what = f"create GiftCertificates of {token.symbol} ({token.address})"
        steps.append(_step(node, what, where, factory, bytes.fromhex(data[2:])))
        certificates.append(where)
        where = create3(factory, "sales", token.address)
        data = functions.encode_abi("createSales", [token.address, sales_code])
        what = f"create CertificateSales of {token.symbol}"
        steps.append(_step(node, what, where, factory, bytes.fromhex(data[2:])))
        sales.append(where)
    return Plan(
        node.chain_id, card_art, lens, factory, tokens, tuple(certificates), tuple(sales), tuple(steps)
    )


def _sales_code() -> bytes:
    """CertificateSales' creation code."""
    return artifact("CertificateSales").creation_code


def _step(node: Node, what: str, address: str, to: str, data: bytes) -> Step:
    # Bounds: calldata (EIP-2028), creation, 200 gas for each byte of code that stays, and the constructor.
    calldata = sum(16 if byte else 4 for byte in data)
    gas = 21_000 + calldata + 32_000 * 2 + 200 * len(data) + 400_000
    return Step(what, address, to, data, gas, node.has_code(address))


# ---------------------------------------------------------------------------------------------------- deploy


def deploy(
    node: Node, wallet: Wallet, plan: Plan, report: Callable[[Step, int], None] = ignore
) -> Deployment:
    """Send what is missing of `plan`, then read everything back.

    `report` hears of each step and the gas it took (0 where it was there). Raises RefusedError,
    DeploymentError.
    """
    for step in plan.steps:
        if node.has_code(step.address):
            report(step, 0)
            continue
        receipt = node.send_raw_call(wallet, step.to, step.data)
        if not node.has_code(step.address):
            raise DeploymentError("not_deployed", f"{step.what}: there is no code at {step.address}")
        report(step, int(receipt["gasUsed"]))
    factory = node.web3.eth.contract(
        address=Web3.to_checksum_address(plan.factory), abi=artifact("CertificateFactory").abi
    )
    records = []
    for index, (token, certificates) in enumerate(zip(plan.tokens, plan.certificates, strict=True)):
        contract = node.web3.eth.contract(
            address=Web3.to_checksum_address(certificates), abi=artifact("GiftCertificates").abi
        )
        created = factory.events.CertificatesCreated.get_logs(
            from_block=_first_block(node, plan.factory), argument_filters={"currency": token.address}
        )
        records.append(
            CurrencyRecord(
                token.symbol, token.address, token.decimals, certificates,
                str(node.call(contract.functions.backOffice())), int(created[0]["blockNumber"]),
                plan.sales[index],
            )
        )  # fmt: skip
    deployment = Deployment(
        node.chain_id, node.genesis, plan.card_art, plan.lens, plan.factory, tuple(records)
    )
    final_check(node, deployment)
    return deployment


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
    except (ValueError, LookupError):
        return 0
    return low


def final_check(node: Node, deployment: Deployment) -> tuple[str, ...]:
    """Read a deployment back; what was checked, in words.

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
    plan = plan_deployment(node, [one.token for one in deployment.currencies])
    check("CardArt's address follows from its code", deployment.card_art, plan.card_art)
    check("CertificateLens' address follows from its code", deployment.lens, plan.lens)
    check("CertificateFactory's address follows from its code", deployment.factory, plan.factory)
    for step in plan.steps:
        check(f"code of: {step.what}", "there" if step.done else "nothing", "there")
    if not wrong:
        factory = node.web3.eth.contract(
            address=Web3.to_checksum_address(deployment.factory), abi=artifact("CertificateFactory").abi
        )
        code_hash = keccak(artifact("GiftCertificates").creation_code)
        check("factory draws with CardArt", _ask(node, factory.functions.cardArt()), deployment.card_art)
        check("factory's code hash", _ask(node, factory.functions.certificatesCodeHash()), code_hash)
        sales_hash = keccak(_sales_code())
        check("factory's code hash of sales", _ask(node, factory.functions.salesCodeHash()), sales_hash)
        for record in deployment.currencies:
            _check_currency(node, factory, record, check)
    if wrong:
        raise DeploymentError("check_failed", "this is not the deployment: " + "; ".join(wrong))
    return tuple(done)


def _ask(node: Node, function: ContractFunction) -> Any:
    """What a view answers, or that it doesn't: another contract may be there."""
    try:
        return node.call(function)
    except RefusedError as error:
        return f"no answer ({error})"


def _check_currency(
    node: Node, factory: Any, record: CurrencyRecord, check: Callable[[str, object, object], None]
) -> None:
    name = f"GiftCertificates of {record.symbol}"
    contract = node.web3.eth.contract(
        address=Web3.to_checksum_address(record.certificates), abi=artifact("GiftCertificates").abi
    )
    made = _ask(node, factory.functions.certificatesOf(record.token))
    check(f"{name}: the factory made it", tuple(made), (record.certificates, True))
    check(f"{name}: currency", _ask(node, contract.functions.currency()), record.token)
    back_office = _ask(node, contract.functions.backOffice())
    check(f"{name}: second piece of code", back_office, record.back_office)
    check(f"{name}: second piece", "there" if node.has_code(back_office) else "nothing", "there")
    separator = signing.certificates_domain(node.chain_id, record.certificates).separator
    check(f"{name}: signing domain", _ask(node, contract.functions.DOMAIN_SEPARATOR()), separator)
    made = _ask(node, factory.functions.salesOf(record.token))
    check(f"CertificateSales of {record.symbol}: the factory made it", tuple(made), (record.sales, True))
    sales = node.web3.eth.contract(
        address=Web3.to_checksum_address(record.sales), abi=artifact("CertificateSales").abi
    )
    sold = _ask(node, sales.functions.giftCertificates())
    check(f"CertificateSales of {record.symbol}: what it sells", sold, record.certificates)
    check(f"{name}: decimals", Token.at(node, record.token).decimals, record.decimals)


# ---------------------------------------------------------------------------------------------------- record


def record_path(folder: Path, chain_id: int) -> Path:
    """Where a chain's deployment is written down."""
    return folder / f"{chain_id}.json"


def save(folder: Path, deployment: Deployment) -> Path:
    """Write the record in one step: a crash leaves the old one or the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = record_path(folder, deployment.chain_id)
    document = {"format": FORMAT, "version": VERSION, **asdict(deployment)}
    replace_file(path, (json.dumps(document, indent=1) + "\n").encode("ascii"))
    return path


def load(folder: Path, node: Node) -> Deployment:
    """The record of the node's chain.

    Raises DeploymentError: not_deployed, bad_record, other_chain (a development chain that is gone).
    """
    path = record_path(folder, node.chain_id)
    if not path.is_file():
        raise DeploymentError(
            "not_deployed",
            f"nothing is deployed on chain {node.chain_id} yet: `brownie run deploy` comes first",
        )
    try:
        document = json.loads(path.read_text(encoding="ascii"))
        if (document.pop("format"), document.pop("version")) != (FORMAT, VERSION):
            raise ValueError("another format or version")
        document["currencies"] = tuple(CurrencyRecord(**one) for one in document["currencies"])
        document["series"] = tuple(SeriesRecord(**one) for one in document["series"])
        deployment = Deployment(**document)
    except (ValueError, KeyError, TypeError) as error:
        raise DeploymentError("bad_record", f"{path.name} is no record of a deployment: {error}") from error
    if deployment.genesis != node.genesis:
        raise DeploymentError(
            "other_chain",
            f"{path.name} is about another chain with the id {node.chain_id}: "
            "`brownie run deploy` writes a new one",
        )
    return deployment
