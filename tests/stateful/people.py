"""Who takes part: people with keys, and accounts with code. Addresses are lower-case hex."""

from __future__ import annotations

from eth_utils.crypto import keccak

from largesse.eip712 import address_of

KEYS: dict[str, bytes] = {}  # of everybody who ever signs, one-time keys of gifts included

NAMES: dict[str, str] = {}


def person(name: str) -> str:
    """An account with a key of its own; the same name is the same account."""
    key = keccak(text=f"largesse machine: {name}")
    address = address_of(key).lower()
    KEYS[address] = key
    NAMES[address] = name.replace(" ", "-")
    return address


def names() -> dict[str, str]:
    """What to call an address."""
    coded = {who: f"service-{i}" for i, who in enumerate(SERVICES)} | {WALLET: "wallet"}
    return NAMES | coded | {"0x" + "00" * 20: "nobody"}


ISSUERS = tuple(person(f"issuer {i}") for i in range(2))
OPERATOR = person("operator")
HOLDERS = tuple(person(f"holder {i}") for i in range(3))
MERCHANTS = tuple(person(f"merchant {i}") for i in range(3))
BENEFICIARY = person("beneficiary")
STRANGER = person("stranger")
# Accounts with code. Services take payments, the wallet is a holder; any of them can be told to refuse.
OWNER = person("owner of the accounts with code")
SERVICES = tuple("0x" + keccak(text=f"service {i}")[:20].hex() for i in range(2))
WALLET = "0x" + keccak(text="wallet")[:20].hex()
CODED = (*SERVICES, WALLET)

PEOPLE = (*ISSUERS, OPERATOR, *HOLDERS, *MERCHANTS, BENEFICIARY, STRANGER)
EVERYBODY = (*PEOPLE, *CODED)
PAID = (*MERCHANTS, *SERVICES)
HOLDING = (*HOLDERS, WALLET)
