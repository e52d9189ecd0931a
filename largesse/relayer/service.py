"""The relayer itself: judge, accept, send, remember.

An action is judged by the allow-list, simulated on the chain's latest state, and accepted against the limits;
then it is sent by a thread of its own. What a crash leaves accepted, the next start, or another process,
sends: under the same key, and so once.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from eth_typing import HexStr
from sqlalchemy import Engine
from web3 import Web3
from web3.exceptions import Web3Exception

from largesse.chain import ChainError, Node, RefusedError, Wallet, refusal
from largesse.chainlogs import ignore
from largesse.errors import LargesseError
from largesse.relayer.actions import ActionError, Kind, RelayAction, read_action
from largesse.relayer.limits import Limits
from largesse.relayer.store import DONE, FAILED, Outcome, Record, Store
from largesse.sender import Sender
from largesse.web.background import STOP_SECONDS, Workers, end_threads
from largesse.web.logs import log
from largesse.web.vitals import Vitals

SENDERS: Final = 8
"""Transactions that are waited for at one time."""
_STALE_SECONDS: Final = 30


class UnavailableError(LargesseError):
    """Nothing is relayed now: the chain is too dear, or the relayer's account is empty."""


class Relayer:
    """Relays for `contracts` (address and kind) from the sender's account. `clock` gives Unix seconds."""

    def __init__(
        self,
        node: Node,
        wallet: Wallet,
        engine: Engine,
        contracts: Mapping[str, Kind],
        limits: Limits | None = None,
        *,
        patience: float = 60.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.node = node
        self.wallet = wallet
        self.contracts = dict(contracts)
        self.limits = limits or Limits()
        self._stop = threading.Event()
        self.sender = Sender(
            node, wallet, engine, patience=patience, most_price=self.limits.gas_price, stop=self._stop
        )
        self.store = Store(engine, self.limits)
        can_pay = {str(wallet.address): lambda: self.sender.can_pay(self.limits.action_gas)}
        self.vitals = Vitals(can_pay, lambda: self.store.find(""))
        self.on_settled: Callable[[Outcome], None] = ignore
        self._clock = clock
        self._workers = Workers(SENDERS, "relay")
        self._flying: set[str] = set()
        self._flying_lock = threading.Lock()
        self._watcher = threading.Thread(target=self._watch, name="relay-watch", daemon=True)

    # ---------------------------------------------------------------------------------------------- life

    def start(self) -> None:
        """Go on with what a former process left, and look after it from now on."""
        self._watcher.start()
        self.vitals.start(self._stop)

    def close(self) -> None:
        """Stop; what is under way is left to the next start, and a thread that waits for a node which does
        not answer to the end of the process."""
        self._stop.set()
        self._workers.stop()
        end_threads([self._watcher, *self._workers.threads], STOP_SECONDS, "relayer.still_running")

    # ------------------------------------------------------------------------------------------- requests

    def relay(self, chain_id: int, contract: str, data: bytes, client: str) -> Record:
        """Accept an action that a client at the network address `client` brings; its record, new or old.

        Raises ActionError wrong_chain and the reasons of `read_action`, RefusedError where the chain would
        refuse it, ActionError too_much_gas, UnavailableError too_dear and relayer_empty, TakenError,
        LimitError; ChainError node_failed, which says nothing of the action.
        """
        if chain_id != self.node.chain_id:
            raise ActionError("wrong_chain", f"chain {chain_id}: this relayer serves {self.node.chain_id}")
        action = read_action(self.contracts, chain_id, contract, data, self.wallet.address)
        known = self._known(action)
        if known is not None:
            return known
        try:
            gas = self._simulate(action)
        except RefusedError:
            # Another process may have sent it while this one asked the chain: then it is done, not refused.
            known = self._known(action)
            if known is not None:
                return known
            raise
        self._check_price(gas)
        record, fresh = self.store.accept(action, client, gas, int(self._clock()))
        if fresh:
            log("relayer.accepted", id=record.id, functions=record.functions, gas=gas)
            self._dispatch(record)
        return record

    def find(self, action_id: str) -> tuple[Record, list[str]] | None:
        """An action, and the hashes under which it is or may be on the chain."""
        record = self.store.find(action_id)
        if record is None:
            return None
        return record, [record.tx_hash] if record.tx_hash else self.sender.hashes(record.key)

    # --------------------------------------------------------------------------------------------- private

    def _known(self, action: RelayAction) -> Record | None:
        """What was accepted before and has not failed."""
        found = self.store.find("0x" + action.identity.hex())
        return None if found is None or found.state == FAILED else found

    def _simulate(self, action: RelayAction) -> int:
        """The gas to set aside. Raises RefusedError, ActionError too_much_gas, ChainError node_failed."""
        most = self.limits.action_gas
        try:
            self.node.web3.eth.call(
                {
                    "from": self.wallet.address,
                    "to": Web3.to_checksum_address(action.contract),
                    "data": HexStr("0x" + action.data.hex()),
                    "gas": most,
                }
            )
        except (Web3Exception, ValueError) as error:
            raise refusal(error) from error
        gas = self.node.estimate(self.wallet, action.contract, action.data)
        if gas > most:
            raise ActionError("too_much_gas", f"it takes {gas:,} gas, at most {most:,} are paid for")
        return gas

    def _check_price(self, gas: int) -> None:
        price = self.node.fees().most
        if price > self.limits.gas_price:
            raise UnavailableError(
                "too_dear", f"gas costs {price:,} wei, at most {self.limits.gas_price:,} are paid"
            )
        if int(self.node.web3.eth.get_balance(self.wallet.address)) < gas * price:
            raise UnavailableError("relayer_empty", f"{self.wallet.address} can't pay for gas any more")

    def _dispatch(self, record: Record) -> None:
        with self._flying_lock:
            if record.key in self._flying or self._stop.is_set():
                return
            self._flying.add(record.key)
        self._workers.submit(self._send, record)

    def _send(self, record: Record) -> None:
        try:
            outcome = self._outcome(record)
            if outcome is not None:
                self.store.settle(record, outcome, int(self._clock()))
                self.on_settled(outcome)
                log("relayer.settled", id=record.id, state=outcome.state, gas=outcome.gas, tx=outcome.tx_hash)
        except Exception as error:  # noqa: BLE001 - the thread ends here; the watcher comes back to the action
            log("relayer.postponed", logging.WARNING, id=record.id, why=f"{type(error).__name__}: {error}")
        finally:
            with self._flying_lock:
                self._flying.discard(record.key)

    def _outcome(self, record: Record) -> Outcome | None:
        """Send it, and say what became of it; None while that is open."""
        try:
            receipt: Any = self.sender.send(
                record.key, record.contract, record.data, most_gas=self.limits.action_gas
            )
            error = None
        except RefusedError as refused:
            error = refused
            if not self.sender.hashes(record.key):
                return Outcome(FAILED, error=refused.reason, message=refused.message)
            # It was sent, by this process or another, and failed or has worked meanwhile.
            receipt = self.sender.receipt(record.key)
            if receipt is None:
                return None
        except ChainError as trouble:
            if trouble.reason == "nonce_taken":
                return Outcome(FAILED, error=trouble.reason, message=trouble.message)
            raise
        tx_hash, block, gas = (
            receipt["transactionHash"].to_0x_hex(),
            int(receipt["blockNumber"]),
            int(receipt["gasUsed"]),
        )
        if receipt["status"] == 1:
            return Outcome(DONE, tx_hash, block, gas)
        reason, message = (error.reason, error.message) if error else ("reverted", "it failed in its block")
        return Outcome(FAILED, tx_hash, block, gas, reason, message)

    def _watch(self) -> None:
        """Look after what nobody is sending: left by a crash, or by a node that was away."""
        before, resumed = int(self._clock()), False
        while True:
            try:
                if not resumed:
                    # A transaction that was signed and never sent would hold up all later ones.
                    self.sender.resume()
                    resumed = True
                for record in self.store.open(before):
                    self._dispatch(record)
            except Exception as error:  # noqa: BLE001 - a database that is away comes back
                log("relayer.watch_failed", logging.WARNING, why=f"{type(error).__name__}: {error}")
            if self._stop.wait(_STALE_SECONDS):
                return
            before = int(self._clock()) - _STALE_SECONDS
