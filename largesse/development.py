"""Currencies and money for a development chain. A live chain has its own."""

from __future__ import annotations

from largesse.artifacts import artifact
from largesse.chain import Node, Wallet, development_wallet
from largesse.deployment import Deployment, DeploymentError
from largesse.terms.series import Currency, Manifest
from largesse.tokens import Token
from largesse.uniswap import Uniswap, deploy_uniswap
from largesse.usdc import deploy_usdc

PURSE = 1_000_000_000
"""Whole units of each currency that an account is given."""
USDC_ROLE = "usdc"
PAYERS = (
    "issuer",
    "giver",
    "holder",
    "merchant",
    "bookshop",
    "cinema",
    "theatre",
    "cafe",
    "supporter",
    "agent",
)

_MINT = [
    {
        "type": "function",
        "name": "mint",
        "stateMutability": "nonpayable",
        "inputs": [{"name": "to", "type": "address"}, {"name": "amount", "type": "uint256"}],
        "outputs": [],
    }
]


def make_currencies(node: Node, manifest: Manifest, existing: Deployment | None) -> list[str]:
    """A token for each currency of the manifest: one that is deployed already, the real USDC for the role
    `usdc`, a well-behaved test token for any other. Returns their addresses in the manifest's order.
    """
    known = {one.symbol: one.token for one in existing.currencies} if existing else {}
    return [known.get(currency.symbol) or _make(node, currency) for currency in manifest.currencies]


def _make(node: Node, currency: Currency) -> str:
    deployer = development_wallet("deployer")
    if currency.token == USDC_ROLE:
        address = str(deploy_usdc(node.web3, deployer.address).address)
    else:
        address = _create(node, "TestToken", f"Test {currency.unit}", currency.symbol, currency.decimals)
    for role in PAYERS:
        mint(node, address, development_wallet(role).address, PURSE * 10**currency.decimals, deployer)
    return address


def open_pool(node: Node, tokens: tuple[Token, Token], amounts: tuple[int, int]) -> Uniswap:
    """Uniswap V2 with a pool of newly minted money of both currencies."""
    deployer = development_wallet("deployer")
    uniswap = deploy_uniswap(node, deployer)
    for token, amount in zip(tokens, amounts, strict=True):
        mint(node, token.address, deployer.address, amount, deployer)
        token.approve(deployer, uniswap.router, amount)
    uniswap.add_liquidity(deployer, tokens[0].address, tokens[1].address, amounts)
    return uniswap


def make_collection(node: Node) -> str:
    """An ERC-1155 collection in which anybody may mint."""
    return _create(node, "TestItems")


def mint_items(node: Node, collection: str, to: str, item_id: int, count: int, minter: Wallet) -> None:
    """Create some of an item in such a collection."""
    contract = node.contract(collection, artifact("TestItems").abi)
    node.send(contract.functions.mint(to, item_id, count), minter)


def _create(node: Node, name: str, *values: object) -> str:
    contract = artifact(name)
    factory = node.web3.eth.contract(abi=contract.abi, bytecode=contract.creation_code)
    data = factory.constructor(*values)
    deployer = development_wallet("deployer")
    receipt = node.send_raw_call(deployer, None, bytes.fromhex(data.data_in_transaction[2:]))
    if receipt["contractAddress"] is None:
        raise DeploymentError("not_deployed", f"{name} was mined but left no contract")
    return node.web3.to_checksum_address(str(receipt["contractAddress"]))


def mint(node: Node, token: str, to: str, amount: int, minter: Wallet) -> None:
    """Create `amount` base units of a development currency for `to`."""
    contract = node.contract(token, _MINT)
    node.send(contract.functions.mint(to, amount), minter)
