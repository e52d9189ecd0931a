"""Micropayments: ours beside x402's `exact`, which pays each call on chain by EIP-3009."""

from __future__ import annotations

from typing import Any, Final

from eth_abi.abi import encode

from bench.against.lab import DAY, NOON, Lab, Missing, Row
from largesse import signing
from largesse.signed.accounts import Voucher
from largesse.signing import address_of, keccak, sign_digest
from largesse.usdc import deploy_usdc
from largesse.vouchers import SignedVoucher, index_of, rows

SECTION: Final = "Micropayments"
DEPOSIT: Final = 50_000_000
CALLS: Final = 1_000
"""Micropayments of each payer between two settlements; each is of one base unit."""
BATCHES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500)
TOLD: Final = (1, 10, 100, 500)
AUTHORIZATION: Final = keccak(
    b"TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,"
    b"bytes32 nonce)"
)
PUBLISHED: Final = {1: 48_357, 10: 23_845, 100: 21_424, 500: 21_369}
"""x402's batch settlement a payer, its payout left out; of the project's goals, not run here."""


def _key(salt: int) -> bytes:
    return bytes(keccak(b"session key" + salt.to_bytes(5, "big")))


def ours(lab: Lab) -> tuple[dict[str, int], dict[int, int]]:
    """Gas by the keys of bench/gas.json, and of a whole settlement by the number of payers."""
    seller, act = lab.person("merchant").address, lab.accounts.functions
    payer = lab.fund("holder", lab.accounts.address)
    lab.send(lab.token.functions.mint(seller, 1), lab.deployer)
    domain = signing.accounts_domain(lab.node.chain_id, lab.accounts.address)
    for first in range(1, BATCHES[-1] + 1, 100):
        calls = [
            lab.accounts.encode_abi("open", [(seller, salt, address_of(_key(salt)), DAY, 0), DEPOSIT])
            for salt in range(first, first + 100)
        ]
        lab.send(act.multicall(calls), payer)

    def settled(amount: int, first: int, count: int) -> int:
        signed = []
        for salt in range(first, first + count):
            index = index_of(payer, salt)
            message = Voucher(seller, lab.token.address, index, amount)
            signed.append(SignedVoucher(index, amount, message.sign(domain, _key(salt))))
        before = lab.token.functions.balanceOf(seller).call()
        gas = lab.gas(act.settle(seller, rows(signed)), seller)
        if lab.token.functions.balanceOf(seller).call() == before:
            raise RuntimeError(f"a settlement of {count} payers paid nothing")
        return gas

    settled(1, 1, 250)
    settled(1, 251, 250)
    found = {count: settled(1 + CALLS * (i + 1), 1, count) for i, count in enumerate(BATCHES)}
    gas = {"accounts.settle_1": found[1]} | {
        f"accounts.settle_{count}_each": found[count] // count for count in TOLD[1:]
    }
    salt = 1_000
    gas["accounts.open"] = lab.gas(act.open((seller, salt, address_of(_key(salt)), DAY, 0), DEPOSIT), payer)
    gas["accounts.top_up"] = lab.gas(act.topUp((seller, index_of(payer, 1)), DEPOSIT), payer)
    return gas, found


def exact(lab: Lab, token: Any) -> int:
    """One payment by `transferWithAuthorization`, which a facilitator sends; the payer has paid so before."""
    payer, to = lab.person("holder"), lab.person("merchant").address
    separator, gas = token.functions.DOMAIN_SEPARATOR().call(), 0
    name = "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
    for nonce in (keccak(b"first"), keccak(b"second")):
        values = [payer.address, to, CALLS, 0, NOON + 1_000 * DAY, nonce]
        kinds = ["bytes32", "address", "address", "uint256", "uint256", "uint256", "bytes32"]
        digest = keccak(b"\x19\x01" + separator + keccak(encode(kinds, [AUTHORIZATION, *values])))
        made = sign_digest(digest, payer.key)
        call = token.get_function_by_signature(name)(*values, made[64], made[:32], made[32:64])
        gas = lab.gas(call, lab.person("relayer").address)
    return gas


def exact_usdc(lab: Lab) -> int:
    """The same with the real USDC, behind its proxy."""
    usdc = deploy_usdc(lab.web3, lab.deployer)
    for name in ("holder", "merchant"):
        usdc.mint(lab.person(name).address, DEPOSIT)
    return exact(lab, usdc.contract)


def measure(lab: Lab) -> tuple[list[Row], list[Missing], dict[int, int]]:
    """The section, and ours for a whole settlement by the number of payers. Raises where ours could not be
    measured."""
    mine, batches = ours(lab)
    found = []
    for peer, token in (("x402 `exact`, test currency", False), ("x402 `exact`, real USDC", True)):
        gas = exact_usdc(lab) if token else exact(lab, lab.token)
        setup = f"EIP-3009, sent by a facilitator, payer and payee known: {CALLS:,} × {gas:,}"
        setup += "; ours of the test currency"
        once = mine["accounts.open"] + mine["accounts.settle_1"]
        for work, spent in (
            ("a payer's first 1,000 calls: account opened, calls settled", once),
            ("its next 1,000 calls, from the same deposit", mine["accounts.settle_1"]),
        ):
            found.append(Row(SECTION, work, peer, spent, CALLS * gas, setup))
    for count in TOLD:
        key = "accounts.settle_1" if count == 1 else f"accounts.settle_{count}_each"
        found.append(Row(SECTION, f"settle, each of {count}", "x402 batch settlement", mine[key], None,
                         "vouchers of 1,000 calls each; ours pays out, theirs without payout", key,
                         f"{PUBLISHED[count]:,}"))  # fmt: skip
    for key, work in (("accounts.open", "open and fund"), ("accounts.top_up", "top up")):
        elsewhere = {"accounts.open": "115,892", "accounts.top_up": "94,936"}[key]
        found.append(Row(SECTION, work, "x402 batch settlement", mine[key], None,
                         "ours by allowance, theirs gasless by EIP-3009", key, elsewhere))  # fmt: skip
    return found, [], batches
