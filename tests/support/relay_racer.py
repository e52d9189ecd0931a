"""`python -m tests.support.relay_racer <database>`: accepts 60 actions when it gets a line, prints which."""

from __future__ import annotations

import json
import sys

from largesse.database import open_database
from largesse.eip712 import keccak
from largesse.relayer.actions import Call, Kind, RelayAction
from largesse.relayer.limits import LimitError, Limits
from largesse.relayer.store import Store
from largesse.sender import TABLES

PLACE = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
NOON = 1_900_065_600
GAS = 200
ROOM = 50


def action(number: int, subject: str = "0xanna") -> RelayAction:
    """One call, like no other."""
    calls = (Call("tip", subject, keccak(number.to_bytes(8, "big"))),)
    return RelayAction(31337, PLACE, Kind.JARS, b"data", calls)


def main(url: str) -> None:
    shares = {"signer_share": 100, "client_share": 100, "block_share": 100}
    store = Store(open_database(url, TABLES), Limits(per_subject=40, daily_gas=ROOM * GAS, **shares))
    print("ready", flush=True)
    sys.stdin.readline()
    accepted = []
    for number in range(ROOM + 10):
        try:
            record, fresh = store.accept(action(number, f"0x{number % 2}"), "10.0.0.1", GAS, NOON)
        except LimitError:
            continue
        if fresh:
            accepted.append(record.id)
    print(json.dumps(accepted))


if __name__ == "__main__":
    main(sys.argv[1])
