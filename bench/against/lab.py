"""The chain that all are measured on: ours by the project's own deployment, theirs from what they publish."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from eth_typing import HexStr
from web3 import Web3
from web3.exceptions import Web3Exception

from bench import plain_token
from largesse.artifacts import artifact, certificates_abi, jars_abi, market_abi, prepaid_abi
from largesse.chain import Node, Wallet, development_wallet
from largesse.deploying import deploy, plan_deployment
from largesse.errors import LargesseError
from tools.compiler import compile_contract

BENCH: Final = Path(__file__).resolve().parents[1]
ROOT: Final = BENCH.parent
PURSE: Final = 10**15
EVER: Final = 2**256 - 1
NOON: Final = 1_900_065_600
"""2030-03-18 12:00 UTC."""
DAY: Final = 86_400


@dataclass(frozen=True)
class Row:
    """One comparison: gas of ours and of one peer. `key` is that of bench/gas.json, of the goals and of the
    floors; `elsewhere` is a figure that nothing here measures; `goal` what is said where bench/goals.py has
    none; `ran` is false where ours is of bench/gas.json."""

    section: str
    work: str
    peer: str
    ours: float | None
    theirs: int | None
    setup: str
    key: str = ""
    elsewhere: str = ""
    goal: str = ""
    ran: bool = True


PEER_FAILED: Final = (OSError, RuntimeError, LookupError, ValueError, Web3Exception, LargesseError)
"""A peer that fails so is told of, and the others run."""


@dataclass(frozen=True)
class Missing:
    """What could not be run, and why."""

    what: str
    why: str


class Lab:
    """A node, a currency of six decimals with all of ours deployed, and people who hold money."""

    def __init__(self, url: str) -> None:
        self.node = Node.at(url)
        self.web3 = self.node.web3
        self.people = {name: development_wallet(name) for name in ("deployer", "issuer", "giver", "holder",
                       "merchant", "creator", "relayer", "recipient", "stranger")}  # fmt: skip
        self.deployer = self.people["deployer"].address
        self.sent, self.noted = "", dict[str, str]()
        token = artifact("TestToken")
        # Not the time that passes here: so each run gives the same figures.
        self.node.develop("anvil_setBlockTimestampInterval", [1])
        self.at(NOON - 10 * DAY)
        self.token = self.create(token.abi, plain_token.creation_code(), "Test Dollar", "TUSD", 6)
        made = deploy(
            self.node, self.people["deployer"], plan_deployment(self.node, [self.token.address])
        ).currencies[0]
        self.certificates = self.contract(made.certificates, certificates_abi())
        self.jars = self.contract(made.part("jars"), jars_abi())
        self.accounts = self.contract(made.part("accounts"), prepaid_abi())
        self.market = self.contract(made.part("market"), market_abi())

    # -------------------------------------------------------------------------------------------- people

    def person(self, name: str) -> Wallet:
        return self.people[name]

    def fund(self, name: str, spender: str | None = None) -> str:
        """Money for a person, and its allowance for `spender`; the person's address."""
        who = self.person(name).address
        self.gas(self.token.functions.mint(who, PURSE), self.deployer)
        if spender:
            self.gas(self.token.functions.approve(spender, EVER), who)
        return who

    # --------------------------------------------------------------------------------------- contracts

    def contract(self, address: str, abi: Sequence[Any]) -> Any:
        return self.web3.eth.contract(address=Web3.to_checksum_address(address), abi=list(abi))

    def create(self, abi: Any, code: bytes | str, *values: Any) -> Any:
        """A new contract from creation code."""
        factory: Any = self.web3.eth.contract(abi=list(abi), bytecode=code)
        receipt = self.send(factory.constructor(*values), self.deployer)
        return self.contract(str(receipt["contractAddress"]), abi)

    def artifact(self, path: str) -> Any:
        """What a package publishes, in bench/node_modules or node_modules.

        Raises FileNotFoundError where it is not installed.
        """
        folders = (BENCH / "node_modules", ROOT / "node_modules")
        found = next((one / path for one in folders if (one / path).is_file()), None)
        if found is None:
            raise FileNotFoundError(f"{path} is not installed")
        return json.loads(found.read_text(encoding="utf-8"))

    def published(self, path: str, *values: Any, libraries: dict[str, str] | None = None) -> Any:
        """A contract from an artifact. `libraries`: addresses by name. Raises FileNotFoundError."""
        made = self.artifact(path)
        holder = made["bytecode"] if isinstance(made["bytecode"], dict) else made
        code = str(holder.get("object") or holder["bytecode"]).removeprefix("0x")
        for names in (holder.get("linkReferences") or {}).values():
            for name, places in names.items():
                for start in (2 * place["start"] for place in places):
                    code = code[:start] + (libraries or {})[name][2:].lower() + code[start + 40 :]
        return self.create(made["abi"], "0x" + code, *values)

    def compiled(self, name: str, signatures: Sequence[str]) -> Any:
        """A contract of bench/peers, by our compiler and settings; `signatures`: `mint(address,uint256)`."""
        abi = []
        for signature in signatures:
            function, _, kinds = signature.rstrip(")").partition("(")
            inputs = [{"name": f"a{i}", "type": kind} for i, kind in enumerate(kinds.split(","))]
            abi.append({"type": "function", "name": function, "inputs": inputs, "outputs": [],
                        "stateMutability": "nonpayable"})  # fmt: skip
        return self.create(abi, compile_contract(name, {}, folder="bench/peers"))

    # --------------------------------------------------------------------------------------------- sending

    def send(self, call: Any, sender: str, gas: int = 29_000_000) -> Any:
        """The receipt. Raises RuntimeError where the transaction reverts."""
        sent = call.transact({"from": sender, "gas": gas})
        receipt = self.web3.eth.wait_for_transaction_receipt(HexStr(sent.to_0x_hex()), poll_latency=0.01)
        if receipt["status"] != 1:
            raise RuntimeError(f"{getattr(call, 'fn_name', 'a creation')} reverted")
        self.sent = sent.to_0x_hex()
        return receipt

    def note(self, key: str) -> None:
        """The last transaction is the work `key`: `noted` has its hash."""
        self.noted[key] = self.sent

    def gas(self, call: Any, sender: str) -> int:
        """Receipt `gasUsed` of a call."""
        return int(self.send(call, sender)["gasUsed"])

    @property
    def time(self) -> int:
        """The latest block's Unix second."""
        return self.node.now()

    def at(self, time: int) -> None:
        """The next block is mined at this Unix second, those after it a second later each. Raises ChainError
        where a block is later already."""
        self.node.develop("evm_setNextBlockTimestamp", [time])
