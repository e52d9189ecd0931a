"""The real Uniswap V2 on a development chain, and its prices on any.

Factory, router and WETH from the artifacts that the npm packages ``@uniswap/v2-core`` and
``@uniswap/v2-periphery`` publish. Tests and the demo trade there; a live chain has its own router, and only
the quotes are of use. Amounts are base units.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from web3 import Web3
from web3.contract import Contract

from largesse.chain import Node, RefusedError, Wallet
from largesse.errors import LargesseError

PACKAGES: Final = Path(__file__).resolve().parents[1] / "node_modules/@uniswap"
_UINT, _ADDRESS = {"name": "", "type": "uint256"}, {"name": "", "type": "address"}
_PATH: Final = {"name": "path", "type": "address[]"}
ROUTER_ABI: Final = [
    {"type": "function", "name": name, "inputs": inputs, "outputs": outputs, "stateMutability": kind}
    for name, inputs, outputs, kind in (
        ("factory", [], [_ADDRESS], "view"),
        ("getAmountsOut", [_UINT, _PATH], [{"name": "", "type": "uint256[]"}], "view"),
        (
            "addLiquidity",
            [_ADDRESS, _ADDRESS, _UINT, _UINT, _UINT, _UINT, _ADDRESS, _UINT],
            [_UINT, _UINT, _UINT],
            "nonpayable",
        ),
    )
]
_BPS: Final = 10_000
_DAY: Final = 86_400


class UniswapError(LargesseError):
    """No pool, no price, or packages that are missing."""


@dataclass(frozen=True)
class Uniswap:
    """A Uniswap V2 router on a node's chain."""

    node: Node
    router: str

    @property
    def contract(self) -> Contract:
        return self.node.contract(self.router, ROUTER_ABI)

    def quote(self, amount: int, path: Sequence[str]) -> int:
        """What `amount` of the first token gives of the last one now. Raises UniswapError no_price."""
        try:
            amounts = self.node.call(self.contract.functions.getAmountsOut(amount, list(path)))
        except RefusedError as error:
            shown = " → ".join(path)
            raise UniswapError("no_price", f"{self.router} has no price for {shown}: {error}") from error
        return int(amounts[-1])

    def minimum(self, amount: int, path: Sequence[str], slippage_bps: int) -> int:
        """The least that a trade may give, at a price that is worse by `slippage_bps` basis points at most.

        Rounded up: for the payee. Raises UniswapError no_price, bad_slippage.
        """
        if not 0 <= slippage_bps < _BPS:
            raise UniswapError("bad_slippage", f"{slippage_bps} basis points: 0 to {_BPS - 1:,} are allowed")
        return max(1, -(-self.quote(amount, path) * (_BPS - slippage_bps) // _BPS))

    def add_liquidity(self, wallet: Wallet, first: str, second: str, amounts: tuple[int, int]) -> None:
        """Make or deepen the pool of two tokens, which the wallet has approved to the router."""
        until = self.node.now() + _DAY
        call = self.contract.functions.addLiquidity(first, second, *amounts, 1, 1, wallet.address, until)
        self.node.send(call, wallet)


def deploy_uniswap(node: Node, deployer: Wallet) -> Uniswap:
    """Deploy WETH, the factory and the router. Raises UniswapError artifacts_missing."""
    factory = _deploy(node, deployer, "v2-core", "UniswapV2Factory", deployer.address)
    weth = _deploy(node, deployer, "v2-periphery", "WETH9")
    return Uniswap(node, _deploy(node, deployer, "v2-periphery", "UniswapV2Router02", factory, weth))


def _deploy(node: Node, deployer: Wallet, package: str, name: str, *arguments: Any) -> str:
    path = PACKAGES / package / "build" / f"{name}.json"
    try:
        built = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UniswapError("artifacts_missing", f"install the npm package @uniswap/{package}") from None
    code = built["bytecode"].removeprefix("0x")
    factory = node.web3.eth.contract(abi=built["abi"], bytecode="0x" + code)
    data = bytes.fromhex(factory.constructor(*arguments).data_in_transaction[2:])
    receipt = node.send_raw_call(deployer, None, data)
    return Web3.to_checksum_address(str(receipt["contractAddress"]))
