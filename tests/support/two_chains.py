"""Two chains with the same contracts at the same addresses and the same life in them, so that nothing but the
chain id tells them apart; and what is signed for one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from web3 import Web3
from web3.exceptions import Web3Exception

from largesse.chain import development_wallet, refusal
from largesse.eip712 import Domain, Message
from largesse.signed.jars import ReceiveWithAuthorization
from tests.support.crowd import Crowd, crowd_chain

MAINNET_LIKE, LAYER_2 = 31_337, 8_453
Chains = dict[int, Crowd]
Consent = tuple[int, int, bool, bytes]


@contextmanager
def two_chains(settle: Callable[[Web3], Crowd]) -> Iterator[Chains]:
    """Two nodes, each settled in the same way."""
    with crowd_chain(MAINNET_LIKE) as first, crowd_chain(LAYER_2) as second:
        yield {MAINNET_LIKE: settle(first), LAYER_2: settle(second)}


@contextmanager
def set_back(chains: Chains) -> Iterator[None]:
    """Takes back what is done to either chain."""
    before = {i: crowd.develop("evm_snapshot") for i, crowd in chains.items()}
    yield
    for i, snapshot in before.items():
        assert chains[i].develop("evm_revert", snapshot) is True


@dataclass(frozen=True)
class Act:
    """Something that somebody signs and a relayer sends: the call, of the contract's functions and of what
    was signed."""

    message: Message
    send: Callable[[Any, Any], Any]
    role: str = "supporter"
    key: bytes | None = None
    """Of the signer, where it is none of the node's accounts."""
    deadline: int | None = None
    """Of the consent that is sent, whose nonce is 1; None where the bare signature is."""

    def signed(self, domain: Domain) -> Any:
        """What is good under this domain."""
        signature = self.message.sign(domain, self.key or development_wallet(self.role).key)
        return signature if self.deadline is None else (1, self.deadline, False, signature)


def paid_by(role: str, act: Act, amount: int, currency_of: Crowd, domain: Domain) -> Consent:
    """Consent to an act by the signature of one chain's currency over the act under a domain (EIP-3009)."""
    assert act.deadline is not None
    token = currency_of.token.address
    currency = Domain("Test Dollar", "1", int(currency_of.web3.eth.chain_id), token)
    wallet, digest = development_wallet(role), act.message.digest(domain)
    paid = ReceiveWithAuthorization(
        wallet.address, domain.verifying_contract, amount, 0, act.deadline, digest
    )
    return (1, act.deadline, True, paid.sign(currency, wallet.key))


def refused(crowd: Crowd, call: Any) -> tuple[str, tuple[Any, ...]]:
    """What the chain says against a call of the relayer's."""
    with pytest.raises(Web3Exception) as failure:
        call.call({"from": crowd.person("relayer")})
    said = refusal(failure.value)
    return said.reason, said.values


def code_without_chain(crowd: Crowd, address: str, separator: bytes) -> bytes:
    """The code at an address but for what is made of the chain's id when it is deployed."""
    code = bytes(crowd.web3.eth.get_code(Web3.to_checksum_address(address)))
    assert len(code) > 10_000
    assert separator in code
    chain_id = int(crowd.web3.eth.chain_id).to_bytes(32, "big")
    return code.replace(separator, b"").replace(chain_id, b"")
