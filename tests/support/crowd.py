"""A chain for crowds: an Anvil of its own that keeps no traces, with a contract that keeps money.

Brownie's node keeps every step of every transaction; thousands of payers in one test need one that does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from eth_abi.abi import decode, encode
from eth_typing import HexStr
from eth_utils.abi import collapse_if_tuple, function_signature_to_4byte_selector
from web3 import Web3
from web3.types import RPCEndpoint, TxReceipt

from largesse.artifacts import artifact
from largesse.chain import development_wallet
from largesse.eip712 import keccak
from largesse.nodes import development_node
from tests.support import quick_rpc
from tests.support.jars import NOON

GAS = 30_000_000
"""What a block takes on a live chain; the crowd's own transactions stay below it unless told otherwise."""


@dataclass
class Crowd:
    """People are addresses of the node's own accounts, by role. Amounts in base units."""

    web3: Web3
    token: Any
    contract: Any
    certificates: Any
    _seen: dict[str, tuple[int, list[dict[str, Any]]]] = field(default_factory=dict)

    @property
    def escrow(self) -> Any:
        """The contract, where that is a streaming-tip escrow."""
        return self.contract

    def person(self, role: str) -> str:
        return development_wallet(role).address

    def at(self, time: int) -> int:
        """The next block's time."""
        self.develop("evm_setNextBlockTimestamp", time)
        return time

    def mine_at(self, time: int) -> int:
        """An empty block, so that calls see the time."""
        self.at(time)
        self.develop("evm_mine")
        return time

    def now(self) -> int:
        return int(self.web3.eth.get_block("latest")["timestamp"])

    def deploy(self, name: str, *arguments: Any) -> Any:
        """A contract of the project, by the deployer."""
        return deploy(self.web3, name, *arguments)

    def send(self, call: Any, role: str, gas: int = GAS) -> TxReceipt:
        """Send a contract call; it must succeed."""
        sent = call.transact({"from": self.person(role), "gas": gas})
        receipt = self.web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)
        assert receipt["status"] == 1, f"{call.fn_name} failed"
        return receipt

    def many(self, calls: Sequence[tuple[str, Sequence[Any]]], role: str, each: int) -> list[TxReceipt]:
        """Calls of the contract's, `each` of them to a transaction (`multicall`)."""
        encoders = {name: encoder(self.contract.abi, name) for name, _ in calls}
        encoded = [encoders[name](arguments) for name, arguments in calls]
        rows = [encoded[i : i + each] for i in range(0, len(encoded), each)]
        return [self.send(self.contract.functions.multicall(row), role) for row in rows]

    def held(self) -> int:
        return int(self.token.functions.balanceOf(self.contract.address).call())

    def purse(self, role: str) -> int:
        return int(self.token.functions.balanceOf(self.person(role)).call())

    def events(self, name: str) -> list[dict[str, Any]]:
        """All the contract's events of one name, each by the names of its values; addresses in lower case.

        What was read stays: not for a chain that is set back.
        """
        (item,) = (e for e in self.contract.abi if e["type"] == "event" and e["name"] == name)
        inputs = [(part["name"], collapse_if_tuple(part), part["indexed"]) for part in item["inputs"]]
        topic = keccak(f"{name}({','.join(kind for _, kind, _ in inputs)})".encode())
        inputs.sort(key=lambda part: not part[2])  # topics first, as the log has them
        names, kinds = [part[0] for part in inputs], [part[1] for part in inputs]
        first, events = self._seen.get(name, (0, []))
        latest = self.web3.eth.block_number
        if first > latest:
            return events
        found = self.web3.eth.get_logs(
            {
                "address": self.contract.address,
                "topics": [HexStr("0x" + topic.hex())],
                "fromBlock": first,
                "toBlock": latest,
            }
        )
        self._seen[name] = (latest + 1, events)
        for log in found:
            indexed = [bytes(word) for word in log["topics"][1:]]
            values = [decode([kind], word)[0] for kind, word in zip(kinds, indexed, strict=False)]
            values += decode(kinds[len(indexed) :], bytes(log["data"]))
            events.append(dict(zip(names, values, strict=True)))
        return events

    def develop(self, method: str, *params: Any) -> Any:
        """What only development nodes answer."""
        answer = self.web3.provider.make_request(RPCEndpoint(method), list(params))
        assert "error" not in answer, answer
        return answer["result"]


def encoder(abi: Sequence[Any], name: str) -> Callable[[Sequence[Any]], bytes]:
    """Call data of a function that has no namesake; web3.py's own way takes milliseconds for each."""
    (item,) = (item for item in abi if item["type"] == "function" and item["name"] == name)
    kinds = [collapse_if_tuple(part) for part in item["inputs"]]
    selector = function_signature_to_4byte_selector(f"{name}({','.join(kinds)})")
    return lambda arguments: selector + encode(kinds, arguments)


def escrow_abi() -> list[dict[str, Any]]:
    """All that the address answers: both pieces of its code, and `multicall`."""
    own = [item for item in artifact("StreamingTipEscrow").abi if item.get("name") == "multicall"]
    return [*artifact("IStreamingTipEscrow").abi, *own]


def jar_of(creator: str) -> int:
    """The creator's own jar."""
    return int(creator, 16)


def deploy(web3: Web3, name: str, *arguments: Any) -> Any:
    """Deploy a contract of the project from the node's first account."""
    compiled = artifact(name)
    factory = web3.eth.contract(abi=compiled.abi, bytecode=compiled.creation_code)
    sent = factory.constructor(*arguments).transact({"from": web3.eth.accounts[0], "gas": GAS})
    address = web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)["contractAddress"]
    return web3.eth.contract(address=address, abi=compiled.abi)


def settle(web3: Web3, token: Any) -> Crowd:
    """Deploy certificates and escrow of a currency."""
    crowd = settle_with(web3, token, "StreamingTipEscrow")
    crowd.contract = web3.eth.contract(address=crowd.contract.address, abi=escrow_abi())
    return crowd


def settle_with(web3: Web3, token: Any, name: str) -> Crowd:
    """Deploy certificates of a currency, and a contract of this name beside them."""
    card_art = deploy(web3, "CardArt")
    certificates = deploy(web3, "GiftCertificates", token.address, card_art.address)
    return Crowd(web3, token, deploy(web3, name, certificates.address), certificates)


@contextmanager
def crowd_chain(chain_id: int = 31_337, gas_limit: int = GAS) -> Iterator[Web3]:
    """A node for a crowd, at noon of a day."""
    with development_node(chain_id, gas_limit=gas_limit) as url:
        web3 = Web3(Web3.HTTPProvider(url))
        quick_rpc.install(web3, timeout=600)
        web3.middleware_onion.remove("attrdict")  # it goes through every log of a thousand tips
        web3.provider.make_request(RPCEndpoint("evm_setNextBlockTimestamp"), [NOON])
        web3.provider.make_request(RPCEndpoint("evm_mine"), [])
        yield web3
