"""What a script works with: the node Brownie is connected to, its accounts, and what is deployed there."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from web3 import HTTPProvider, Web3

from largesse import deployment as deployments
from largesse.addresses import parse_address
from largesse.amounts import parse_amount
from largesse.arguments import ArgumentError, Arguments
from largesse.chain import ROLES, Node, Wallet, development_wallet
from largesse.clients.accounts import Prepaid
from largesse.clients.certificates import Certificates
from largesse.clients.items import Items
from largesse.clients.keepers import Keeper, keepers
from largesse.clients.market import Market
from largesse.clients.orders import Orders
from largesse.clients.payout import Payout
from largesse.clients.rewards import Rewards
from largesse.clients.sales import Shop
from largesse.clients.swaps import Swaps
from largesse.clients.tips import Tips
from largesse.console import confirm
from largesse.database import sqlite_url
from largesse.deployment import Deployment
from largesse.errors import AddressError, AmountError, LargesseError
from largesse.files import CHECKOUT
from largesse.nodes import LIVE_CONFIRMATIONS, require_cancun

CONFIRMATIONS = "LARGESSE_CONFIRMATIONS"
PRIORITY_FEE = "LARGESSE_PRIORITY_FEE"
"""Names of environment variables, for live chains: blocks, and gwei."""

_BY_NUMBER = re.compile(r"([^\s/]+)/([1-9][0-9]{0,17})", re.ASCII)


class SessionError(LargesseError):
    """An account, a series or a network that a script can't use."""


@dataclass(frozen=True)
class SeriesChoice:
    """One series on this chain, as a person named it."""

    name: str
    certificates: Certificates
    series_id: int


@dataclass(frozen=True)
class Session:
    """A connection as a person's scripts see it. Records, journals and pictures are kept under `state`."""

    node: Node
    development: bool
    state: Path
    load_account: Callable[[str], Wallet]
    ask: Callable[[str], str] = input
    _certificates: dict[str, Certificates] = field(default_factory=dict, init=False, repr=False)

    @property
    def records(self) -> Path:
        return self.state / "deployments"

    @property
    def journals(self) -> Path:
        return self.state / "journals"

    def out(self, name: str) -> Path:
        """The folder out/`name`, made if it is missing."""
        path = self.state / "out" / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def deployment(self) -> Deployment:
        """What is deployed here. Raises DeploymentError not_deployed, bad_record, other_chain."""
        return deployments.load(self.records, self.node)

    def certificates(self, symbol: str) -> Certificates:
        """The GiftCertificates of a currency. Raises DeploymentError unknown_currency."""
        record = self.deployment().currency(symbol)
        if record.certificates not in self._certificates:
            made = Certificates(self.node, record.certificates, record.block)
            self._certificates[record.certificates] = made
        return self._certificates[record.certificates]

    def shop(self, certificates: Certificates) -> Shop:
        """The CertificateSales of a currency. Raises SessionError unknown_currency."""
        for one in self.deployment().currencies:
            if one.certificates == certificates.address:
                return Shop(certificates, one.part("sales"))
        raise SessionError("unknown_currency", f"{certificates.address} is not deployed here")

    def tips(self, symbol: str) -> Tips:
        """The StreamingTipEscrow of a currency. Raises DeploymentError unknown_currency."""
        certificates = self.certificates(symbol)
        return Tips(certificates, self.deployment().currency(symbol).part("jars"))

    def prepaid(self, symbol: str) -> Prepaid:
        """The PrepaidAccounts of a currency. Raises DeploymentError unknown_currency."""
        certificates = self.certificates(symbol)
        return Prepaid(certificates, self.deployment().currency(symbol).part("accounts"))

    def orders(self, symbol: str) -> Orders:
        """The HeldOrders of a currency. Raises DeploymentError unknown_currency."""
        certificates = self.certificates(symbol)
        return Orders(certificates, self.deployment().currency(symbol).part("orders"))

    def swaps(self, symbol: str) -> Swaps:
        """The AtomicSwaps of a currency. Raises DeploymentError unknown_currency."""
        return Swaps(self.certificates(symbol), self.deployment().currency(symbol).part("swaps"))

    def payout(self, symbol: str) -> Payout:
        """The UniswapV2Payout of a currency. Raises DeploymentError unknown_currency."""
        return Payout(self.certificates(symbol), self.deployment().currency(symbol).part("payout"))

    def items(self, symbol: str) -> Items:
        """The ItemShop of a currency. Raises DeploymentError unknown_currency."""
        return Items(self.certificates(symbol), self.deployment().currency(symbol).part("items"))

    def rewards(self, symbol: str) -> Rewards:
        """The RewardPools of a currency. Raises DeploymentError unknown_currency."""
        certificates = self.certificates(symbol)
        return Rewards(certificates, self.deployment().currency(symbol).part("rewards"))

    def keepers(self, symbol: str) -> tuple[Keeper, ...]:
        """Every contract of a currency that can owe. Raises DeploymentError unknown_currency."""
        return keepers(self.certificates(symbol), self.deployment().currency(symbol).parts)

    def market(self, certificates: Certificates) -> Market:
        """The CertificateMarket of a currency. Raises SessionError unknown_currency."""
        for one in self.deployment().currencies:
            if one.certificates == certificates.address:
                return Market(certificates, one.part("market"))
        raise SessionError("unknown_currency", f"{certificates.address} is not deployed here")

    def tips_at(self, address: str) -> Tips:
        """The StreamingTipEscrow at an address, or the one of the GiftCertificates there.

        Raises SessionError unknown_escrow.
        """
        for one in self.deployment().currencies:
            if address in (one.part("jars"), one.certificates):
                return Tips(Certificates(self.node, one.certificates, one.block), one.part("jars"))
        raise SessionError("unknown_escrow", f"{address} is not deployed here")

    def series(self, text: str) -> SeriesChoice:
        """A series by its manifest's name, or as currency/number ("KRWT/1").

        Raises SessionError unknown_series.
        """
        deployment = self.deployment()
        for one in deployment.series:
            if one.name == text:
                return SeriesChoice(text, self.certificates(one.symbol), one.series_id)
        match = _BY_NUMBER.fullmatch(text)
        if match is not None:
            certificates = self.certificates(match.group(1))
            count, number = certificates.series_count(), int(match.group(2))
            if number <= count:
                return SeriesChoice(text, certificates, number)
            raise SessionError("unknown_series", f"{text}: {match.group(1)} has {count} series")
        known = ", ".join(one.name for one in deployment.series) or "none yet"
        raise SessionError("unknown_series", f"{text!r} is no series; by name there are: {known}")

    def series_name(self, symbol: str, number: int) -> str:
        """How a series is called here: by its manifest's name, else as currency/number."""
        known = {(one.symbol, one.series_id): one.name for one in self.deployment().series}
        return known.get((symbol, number), f"{symbol}/{number}")

    def wallet(self, given: Arguments, role: str, name: str = "from") -> Wallet:
        """Who sends. On a development chain `from` is a role, by default `role`; elsewhere it must be given
        and is an account in Brownie's keystore.

        Raises SessionError from_missing, ChainError unknown_role.
        """
        if self.development:
            wallet = development_wallet(given.text(name) if given.has(name) else role)
            if wallet.address not in self.node.web3.eth.accounts:
                raise SessionError(
                    "foreign_node", f"this node has no account {wallet.address} ({wallet.name})"
                )
            return wallet
        if not given.has(name):
            raise SessionError(
                "from_missing",
                f"chain {self.node.chain_id} is no development chain: name the account with {name}=… "
                "(`brownie accounts list` shows them)",
            )
        return self.load_account(given.text(name))

    def address(self, text: str) -> str:
        """An address, or on a development chain a role. Raises AddressError."""
        if self.development and text in ROLES:
            return development_wallet(text).address
        try:
            return parse_address(text)
        except AddressError as error:
            if not self.development:
                raise
            roles = f"on a development chain a role will do: {', '.join(ROLES)}"
            raise AddressError(error.reason, f"{error}; {roles}") from error

    def note(self, name: str, address: str) -> None:
        """Remember an address of this chain for arguments called `name`."""
        self._noted(name).write_text(address + "\n", encoding="utf-8")

    def noted(self, name: str, given: Arguments, maker: str) -> str:
        """The address in `name=…`; by default the one that `maker`, a command, has noted last on this chain.

        Raises AddressError, ArgumentError missing_argument.
        """
        path = self._noted(name)
        if given.has(name):
            return self.address(given.text(name))
        if not path.is_file():
            raise ArgumentError(
                "missing_argument",
                f"{name}=… is not given, and none was made here: on a development chain "
                f"`brownie run {maker}` makes one",
            )
        return parse_address(path.read_text(encoding="utf-8").strip())

    def _noted(self, name: str) -> Path:
        return self.out("addresses") / f"{name}-{self.node.chain_id}-{self.node.genesis[2:10]}.txt"

    def database(self, service: str, given: Arguments) -> str:
        """The URL in `database=…`; by default a file of this chain's own: a development chain that begins
        anew begins with an empty one."""
        if given.has("database"):
            return given.text("database")
        folder = self.state / service
        folder.mkdir(parents=True, exist_ok=True)
        return sqlite_url(folder / f"{self.node.chain_id}-{self.node.genesis[2:10]}.db")

    def confirm(self, what: str, expected: str) -> None:
        """On a live chain, go on only if the person types `expected`. Raises SessionError not_confirmed."""
        if not self.development and not confirm(what, expected, self.ask):
            raise SessionError("not_confirmed", "nothing was sent")


def open_session() -> Session:
    """The session of Brownie's active network. Raises SessionError not_connected, bad_setting."""
    from brownie import network, web3
    from brownie._config import CONFIG

    if not network.is_connected():
        raise SessionError("not_connected", "Brownie is connected to no network")
    development = "cmd" in CONFIG.active_network
    confirmations, tip = (1, None) if development else live_settings(os.environ)
    provider: Any = web3.provider
    if isinstance(provider, HTTPProvider):
        node = _connection(str(provider.endpoint_uri)).again(confirmations=confirmations, tip=tip)
    else:
        node = Node(Web3(provider), confirmations=confirmations, tip=tip)
    require_cancun(node.web3)
    return Session(node, development, Path(os.environ.get("LARGESSE_STATE", CHECKOUT)), _load_account)


def require_lasting_chain() -> None:
    """Where no node answers, Brownie starts one that ends with the command: what it writes down would be of
    a chain that is gone. Raises SessionError no_node."""
    from brownie import rpc, web3
    from brownie._config import CONFIG

    if CONFIG.mode == "run" and rpc.is_child():
        raise SessionError(
            "no_node",
            f"no node answered at {web3.provider.endpoint_uri}, and the one that Brownie has started ends "
            "with this command: start `make node` in another terminal and leave it running; nothing was "
            "written",
        )


@lru_cache(1)
def _connection(url: str) -> Node:
    """Several commands of one process, as the demo's, have one: web3 takes long over each contract."""
    return Node.at(url)


def live_settings(environ: Mapping[str, str]) -> tuple[int, int | None]:
    """Confirmations, and tip in wei (None: the node's), on a live chain. Raises SessionError bad_setting."""
    blocks, tip = environ.get(CONFIRMATIONS, str(LIVE_CONFIRMATIONS)), environ.get(PRIORITY_FEE, "")
    if not (blocks.isascii() and blocks.isdigit() and int(blocks) > 0):
        raise SessionError("bad_setting", f"{CONFIRMATIONS}={blocks} is no whole number of blocks from 1 on")
    try:
        return int(blocks), parse_amount(tip, 9, allow_zero=True) if tip else None
    except AmountError as error:
        raise SessionError("bad_setting", f"{PRIORITY_FEE}={tip} is no number of gwei: {error}") from error


def _load_account(name: str) -> Wallet:
    """An account of Brownie's keystore, which asks for its password.

    Raises SessionError unknown_account, wrong_password.
    """
    from brownie import accounts

    try:
        return Wallet.from_key(name, bytes.fromhex(accounts.load(name).private_key.removeprefix("0x")))
    except FileNotFoundError as error:
        raise SessionError(
            "unknown_account",
            f"Brownie has no account {name!r}; `brownie accounts generate {name}` makes one",
        ) from error
    except ValueError as error:
        raise SessionError("wrong_password", f"this is not the password of {name}: {error}") from error
