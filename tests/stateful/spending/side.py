"""ItemShop and UniswapV2Payout beside their certificates: an ERC-1155 collection to sell from, the real
Uniswap V2 to trade at; and what is compared of them after each act."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from largesse.eip712 import Domain, items_domain
from largesse.signed import jars as jar_messages
from largesse.uniswap import PACKAGES
from tests.model.currency import Currency, Kind
from tests.model.item_shop import Goods, ItemShop
from tests.model.payout import Payout
from tests.model.uniswap import Pool, Pools
from tests.model.words import refuse
from tests.stateful.certificates.side import ABI as TOKEN_ABI
from tests.stateful.certificates.side import Row
from tests.stateful.custody import side as custody_side
from tests.stateful.custody.side import CustodySide, abi_of, messages_of
from tests.stateful.evm import Abi, Chain, Receipt, bytecode
from tests.stateful.invariants import Difference
from tests.stateful.people import HOLDING, MERCHANTS, STRANGER
from tests.stateful.spending.logs import SpendingLogs, Transfer

DECIMALS = {Kind.PLAIN: 6, Kind.BLACKLIST: 0, Kind.PAUSABLE: 18, Kind.FALSE_RETURN: 2, Kind.FEE: 8}
TRANSFER = keccak(text="Transfer(address,address,uint256)")
IDS = range(3)
RESERVE = 10**9
TRADING = (*HOLDING, *MERCHANTS, STRANGER)
FEE_BPS = 30
"""What the last token of the longer path keeps of each transfer."""
GOODS_ABI = Abi("contracts/TestItems.json")
SWAP = "swapExactTokensForTokens"
PLACES = {"setApprovalForAll": "goods", "mint": "goods", SWAP: "router"}


@cache
def uniswap(package: str, name: str) -> tuple[bytes, Abi]:
    """Creation code and ABI of one of the published contracts."""
    built = json.loads((PACKAGES / package / "build" / f"{name}.json").read_text(encoding="utf-8"))
    abi = Abi()
    for entry in built["abi"]:
        abi.add(entry)
    return bytes.fromhex(built["bytecode"].removeprefix("0x")), abi


class SpendingSide(CustodySide):
    """Contracts and models over one currency."""

    NAME = "ItemShop"
    ABI = abi_of("contracts/ItemShop.json", "contracts/UniswapV2Payout.json")
    ABI.errors |= GOODS_ABI.errors
    ABI.errors[keccak(text="Error(string)")[:4]] = "Error", ["string"]
    SAID = messages_of(jar_messages)
    logs: SpendingLogs

    def __init__(
        self, chain: Chain, kind: Kind, answers: dict[str, bytes | None], code: Mapping[str, bytes]
    ) -> None:
        super().__init__(chain, kind, answers, code, DECIMALS[kind])
        payout = code.get("UniswapV2Payout") or bytecode("UniswapV2Payout")
        self.payout = chain.deploy(payout, ["address"], [self.address])
        self.goods = Goods(
            chain.deploy(bytecode("TestItems")),
            deaf=frozenset({self.here, self.payout, self.address, self.token}),
        )
        self.shop = ItemShop(self.here, self.model, self.goods)
        self.keeper = self.shop
        self.pools = self._uniswap()
        self.payouts = Payout(self.payout, self.model, self.pools, self.shop.emit)
        self.logs = SpendingLogs(self.token, self.here, self.payout)

    def _uniswap(self) -> Pools:
        """Pools of the currency with `other`, and of that with `third`."""
        chain = self.chain
        factory_code, self.factory_abi = uniswap("v2-core", "UniswapV2Factory")
        router_code, self.router_abi = uniswap("v2-periphery", "UniswapV2Router02")
        _, self.pair_abi = uniswap("v2-core", "UniswapV2Pair")
        self.router_abi.errors = self.ABI.errors
        factory = chain.deploy(factory_code, ["address"], [STRANGER])
        router = chain.deploy(router_code, ["address", "address"], [factory, STRANGER])
        names = ["string", "string", "uint8"]
        self.other = chain.deploy(bytecode("TestToken"), names, ["Other", "OTH", 18])
        self.third = chain.deploy(bytecode("FeeToken"), names, ["Third", "THR", 6])
        tokens = {
            self.token: self.model.currency,
            self.other: Currency(self.other, Kind.PLAIN),
            self.third: Currency(self.third, Kind.FEE),
        }
        pools = Pools(
            router,
            tokens,
            [
                self._pool(factory, tokens, (self.token, self.other), 1),
                self._pool(factory, tokens, (self.other, self.third), 3),
            ],
            frozenset({STRANGER, self.payout}),
        )
        self._send(self.third, TOKEN_ABI, "setFeeBps", FEE_BPS)
        tokens[self.third].fee_bps = FEE_BPS
        for token in (self.token, self.other):
            self._send(token, TOKEN_ABI, "approve", router, 2**256 - 1)
        self._send(self.other, TOKEN_ABI, "mint", STRANGER, 10**15)
        tokens[self.other].mint(STRANGER, 10**15)
        return pools

    def _pool(self, factory: str, tokens: Mapping[str, Currency], pair: tuple[str, str], ratio: int) -> Pool:
        (made,) = self.factory_abi.result(
            "createPair", self._send(factory, self.factory_abi, "createPair", *pair).output
        )
        for token, amount in zip(pair, (RESERVE, RESERVE * ratio), strict=True):
            self._send(token, TOKEN_ABI, "mint", made, amount)
            tokens[token].mint(made, amount)
        self._send(made, self.pair_abi, "mint", STRANGER)
        return Pool(made, frozenset(pair), self.chain.time)

    def _send(self, to: str, abi: Abi, function: str, *args: Any) -> Receipt:
        receipt = self.chain.send(STRANGER, to, abi.call(function, *args))
        if not receipt.succeeded:
            raise Difference(f"{function}{args}: {abi.error(receipt.output)}")
        return receipt

    def domain_of(self, contract: str) -> Domain:
        """Of the shop, for what is signed to it."""
        return items_domain(self.chain.id, contract)

    def labels(self) -> dict[str, str]:
        """What to call this side's contracts."""
        found = super().labels() | {self.payout: "payout"}
        return found | {pool.address: f"pool-{i}" for i, pool in enumerate(self.pools.pools)}

    def homes(self) -> set[str]:
        """Whose events the accountant reads."""
        return {self.here, self.payout}

    # --------------------------------------------------------------------------------------- acting

    def act(self, function: str, caller: str, args: Sequence[Any], data: bytes | None = None) -> bool:
        """As everywhere; some acts are the collection's, or the router's."""
        if function not in PLACES:
            return super().act(function, caller, args, data)
        to, abi, model = (
            (self.goods.address, GOODS_ABI, self.goods)
            if PLACES[function] == "goods"
            else (self.pools.router, self.router_abi, self)
        )
        return self.attempt(to, abi, model, function, caller, args) is not None

    def swap_exact_tokens_for_tokens(
        self, caller: str, amount: int, minimum: int, path: Sequence[str], to: str, deadline: int
    ) -> None:
        """The router, by the model."""
        if deadline < self.chain.time:
            raise refuse("Error", "UniswapV2Router: EXPIRED")
        with self.pools.whole():
            self.pools.swap(caller, amount, minimum, path, to, self.chain.time)

    def account_for(self, receipt: Receipt, events: Sequence[tuple[Any, ...]]) -> None:
        """What a transaction logged, beside what moved in the currencies."""
        super().account_for(receipt, events)
        moved = [
            Transfer(log.address, *("0x" + topic[-20:].hex() for topic in log.topics[1:]), _number(log.data))
            for log in receipt.logs
            if log.address in self.pools.tokens and log.topics[0] == TRANSFER
        ]
        self.logs.check_moved(events, moved)

    # ------------------------------------------------------------------------------------ comparing

    def request(self, row: Row) -> tuple[str, bytes]:
        """Whom to ask, and the call."""
        if row.of.startswith("0x"):
            abi = GOODS_ABI if row.of == self.goods.address else TOKEN_ABI
            if row.view == "getReserves":
                abi = self.pair_abi
            elif row.view != "allowance" and abi is TOKEN_ABI:
                return row.of, keccak(text="balanceOf(address)")[:4] + encode(["address"], row.args)
            return row.of, abi.call(row.view, *row.args)
        return super().request(row)

    def rows(self) -> list[Row]:
        """As everywhere, and what is where of the tokens, the pools and the collection."""
        rows, pools, goods = super().rows(), self.pools, self.goods
        rows.append(Row("allowance", (self.payout, pools.router), (0,), self.token))
        rows.append(Row("balanceOf", (self.payout,), (self.model.currency.of(self.payout),), self.token))
        for token, currency in pools.tokens.items():
            if token != self.token:
                rows += [
                    Row("balanceOf", (who,), (currency.of(who),), token)
                    for who in (*TRADING, token, self.payout)
                ]
        for pool in pools.pools:
            reserves = [pools.tokens[token].of(pool.address) for token in sorted(pool.tokens)]
            rows.append(Row("getReserves", (), (*reserves, pool.last), pool.address))
        for i in IDS:
            rows += [
                Row("balanceOf", (who, i), (goods.of(who, i),), goods.address)
                for who in (*TRADING, self.here)
            ]
        return rows

    def own_rows(self) -> custody_side.Rows:
        """Every view of the shop."""
        return [("listing", tuple(key), tuple(offer)) for key, offer in self.shop.books.offers.items()]


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
