"""Micropayments: ours beside x402's `exact`, which pays each call on chain by EIP-3009."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from eth_abi.abi import encode

from bench.against.lab import DAY, EVER, NOON, PURSE, Lab, Row
from largesse.artifacts import prepaid_abi
from largesse.deploying import deploy, plan_deployment
from largesse.eip712 import accounts_domain, address_of, keccak, sign_digest
from largesse.signed.accounts import Voucher
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
ONE: Final = "one payment on chain, nothing batched"
AVOID: Final = "the case to avoid"
FIRST: Final = "a payer's first 1,000 calls: account opened, calls settled"
NEXT: Final = "its next 1,000 calls, from the same deposit"
EACH: Final = "a micropayment, of 1,000 a payer, 500 payers"
EACH_GOAL: Final = "10.6"
VERIFY: Final = "verify a voucher"
PAID: Final = "a paid HTTP request"
WORK: Final = {
    "one": ONE,
    "first": FIRST,
    "next": NEXT,
    "accounts.settle_1": "settle, each of 1",
    "accounts.settle_10_each": "settle, each of 10",
    "accounts.settle_100_each": "settle, each of 100",
    "accounts.settle_500_each": "settle, each of 500",
    "each": EACH,
    "accounts.open": "open and fund",
    "accounts.top_up": "top up",
    "accounts.hash_lock_extra": "a hash-lock and expiry on a voucher, more of each of 100",
    "verify": VERIFY,
    "paid": PAID,
}
"""By the keys of bench/gas.json where it has the work, in the order in which it is shown."""


def _key(salt: int) -> bytes:
    return bytes(keccak(b"session key" + salt.to_bytes(5, "big")))


def ours(
    lab: Lab, accounts: Any, token: Any, batches: Sequence[int] = BATCHES
) -> tuple[dict[str, int], dict[int, int]]:
    """Gas by the keys of bench/gas.json, and of a whole settlement by the number of payers."""
    seller, payer, act = lab.person("merchant").address, lab.person("holder").address, accounts.functions
    for who, amount in ((seller, 1), (payer, PURSE)):
        lab.send(token.functions.mint(who, amount), lab.deployer)
    lab.send(token.functions.approve(accounts.address, EVER), payer)
    domain = accounts_domain(lab.node.chain_id, accounts.address)
    for first in range(1, batches[-1] + 1, 100):
        calls = [
            accounts.encode_abi("open", [(seller, salt, address_of(_key(salt)), DAY, 0), DEPOSIT])
            for salt in range(first, first + 100)
        ]
        lab.send(act.multicall(calls), payer)

    def settled(amount: int, first: int, count: int) -> int:
        signed = []
        for salt in range(first, first + count):
            index = index_of(payer, salt)
            message = Voucher(seller, token.address, index, amount)
            signed.append(SignedVoucher(index, amount, message.sign(domain, _key(salt))))
        before = token.functions.balanceOf(seller).call()
        gas = lab.gas(act.settle(seller, rows(signed)), seller)
        if token.functions.balanceOf(seller).call() - before < count:
            raise RuntimeError(f"a settlement of {count} payers paid too little")
        return gas

    settled(1, 1, 250)
    settled(1, 251, 250)
    found = {count: settled(1 + CALLS * (i + 1), 1, count) for i, count in enumerate(batches)}
    gas = {"accounts.settle_1": found[1]} | {
        f"accounts.settle_{count}_each": found[count] // count for count in TOLD[1:] if count in found
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


def over_usdc(lab: Lab) -> tuple[Any, Any]:
    """The real USDC, behind its proxy, and our accounts over it."""
    usdc = deploy_usdc(lab.web3, lab.deployer)
    plan = plan_deployment(lab.node, [usdc.address])
    (made,) = deploy(lab.node, lab.person("deployer"), plan).currencies
    return usdc.contract, lab.contract(made.part("accounts"), prepaid_abi())


def measure(lab: Lab) -> tuple[list[Row], dict[str, int], dict[int, int]]:
    """The section; ours by the keys of bench/gas.json, and for a whole settlement by the number of payers.
    Raises where ours could not be measured."""
    mine, batches = ours(lab, lab.accounts, lab.token)
    found = beside_exact("test currency", mine, batches, exact(lab, lab.token))
    token, accounts = over_usdc(lab)
    found += beside_exact("real USDC", *ours(lab, accounts, token, (1, 500)), exact(lab, token))
    return found, mine, batches


def beside_exact(currency: str, mine: dict[str, int], batches: dict[int, int], gas: int) -> list[Row]:
    """Both in the same currency."""
    peer, settled = f"x402 `exact`, {currency}", mine["accounts.settle_1"]
    setup = f"EIP-3009, sent by a facilitator, payer and payee known: {gas:,} a call; ours in that currency"
    return [
        Row(SECTION, ONE, peer, settled, gas, setup, goal=AVOID),
        Row(SECTION, FIRST, peer, mine["accounts.open"] + settled, CALLS * gas, setup),
        Row(SECTION, NEXT, peer, settled, CALLS * gas, setup),
        Row(SECTION, EACH, peer, batches[500] / 500 / CALLS, gas, setup, goal=EACH_GOAL),
    ]
