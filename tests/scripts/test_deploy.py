"""`deploy`: deterministic, safe to run again, read back afterwards, and asked for on a live chain."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from brownie import web3

from largesse import deployment as deployments
from largesse.arguments import ArgumentError
from largesse.artifacts import artifact
from largesse.chain import RefusedError
from largesse.deployment import DEPLOYER, SALT, DeploymentError, create2, final_check
from largesse.errors import AddressError
from largesse.session import SessionError
from largesse.signing import certificates_domain, keccak
from scripts import deploy
from tests.fixtures.desk import Desk

GHOST = "0x00000000000000000000000000000000DeaDBeef"


def test_everything_is_where_its_code_says(desk: Desk) -> None:
    made = desk.session.deployment()
    card_art = keccak(artifact("CardArt").creation_code)
    assert made.card_art == create2(DEPLOYER, SALT, card_art)
    assert [one.symbol for one in made.currencies] == ["KRWT", "USDC", "EURT"]
    assert [one.decimals for one in made.currencies] == [0, 6, 18]
    for one in made.currencies:
        contract = web3.eth.contract(address=one.certificates, abi=artifact("GiftCertificates").abi)
        assert contract.functions.currency().call() == one.token
        assert contract.functions.backOffice().call() == one.back_office
        separator = certificates_domain(web3.eth.chain_id, one.certificates).separator
        assert contract.functions.DOMAIN_SEPARATOR().call() == separator
        # Its logs begin in the block that made it: nothing was there before.
        assert web3.eth.get_code(one.certificates, one.block) != b""
        assert web3.eth.get_code(one.certificates, one.block - 1) == b""


def test_the_record_is_on_disk_and_nothing_is_left_beside_it(desk: Desk) -> None:
    path = desk.session.records / "31337.json"
    content = json.loads(path.read_text())
    assert (content["format"], content["chain_id"]) == ("largesse/deployment", 31337)
    assert content["genesis"] == web3.eth.get_block(0)["hash"].to_0x_hex()
    assert [file.name for file in path.parent.iterdir()] == ["31337.json"]


def test_a_second_run_sends_nothing_and_keeps_the_series(desk: Desk) -> None:
    before, block = desk.session.deployment(), desk.block()
    assert deploy.main() == before
    assert desk.block() == block
    assert len(before.series) == 3


def test_a_lost_record_is_found_again_on_the_chain(desk: Desk) -> None:
    before = desk.session.deployment()
    path = desk.session.records / "31337.json"
    kept = path.read_bytes()
    path.unlink()
    try:
        tokens = ",".join(one.token for one in before.currencies)
        block = desk.block()
        found = deploy.main(f"currency={tokens}")
        assert desk.block() == block
        assert found == replace(before, series=())
    finally:
        path.write_bytes(kept)


def test_check_lists_what_it_has_read_back(desk: Desk) -> None:
    checked = deploy.check()
    assert checked is not None
    assert "GiftCertificates of USDC: currency" in checked
    assert "GiftCertificates of KRWT: signing domain" in checked
    assert "factory draws with CardArt" in checked


@pytest.mark.parametrize("field", ("card_art", "lens", "factory"))
def test_check_sees_another_contract(desk: Desk, field: str) -> None:
    with pytest.raises(DeploymentError) as error:
        final_check(desk.session.node, replace(desk.session.deployment(), **{field: GHOST}))
    assert error.value.reason == "check_failed"
    assert GHOST in str(error.value)


@pytest.mark.parametrize("field", ("certificates", "back_office", "sales"))
def test_check_sees_another_piece_of_a_currency(desk: Desk, field: str) -> None:
    made = desk.session.deployment()
    changed = replace(made.currencies[0], **{field: made.currencies[1].certificates})
    with pytest.raises(DeploymentError) as error:
        final_check(desk.session.node, replace(made, currencies=(changed, *made.currencies[1:])))
    assert error.value.reason == "check_failed"
    assert "of KRWT" in str(error.value)


def test_check_sees_wrong_decimals(desk: Desk) -> None:
    made = desk.session.deployment()
    changed = replace(made.currencies[1], decimals=7)
    with pytest.raises(DeploymentError) as error:
        final_check(desk.session.node, replace(made, currencies=(changed,)))
    assert "decimals: found 6, expected 7" in str(error.value)


def test_check_sees_code_that_is_gone(desk: Desk) -> None:
    made = desk.session.deployment()
    desk.session.node.develop("anvil_setCode", [made.lens, "0x"])
    with pytest.raises(DeploymentError) as error:
        deploy.check()
    assert error.value.reason == "check_failed"
    assert "code of: deploy CertificateLens: found nothing, expected there" in str(error.value)


def test_a_chain_without_the_deployment_proxy_is_told_of(desk: Desk) -> None:
    desk.session.node.develop("anvil_setCode", [DEPLOYER, "0x"])
    with pytest.raises(DeploymentError) as error:
        deploy.main()
    assert error.value.reason == "no_create2_deployer"


def test_a_record_of_a_chain_that_is_gone_is_not_believed(desk: Desk) -> None:
    made = desk.session.deployment()
    path = desk.session.records / "31337.json"
    kept = path.read_bytes()
    try:
        deployments.save(desk.session.records, replace(made, genesis="0x" + "11" * 32))
        with pytest.raises(DeploymentError) as error:
            deploy.check()
        assert error.value.reason == "other_chain"
        path.write_text("{")
        with pytest.raises(DeploymentError) as broken:
            deploy.main()
        assert broken.value.reason == "bad_record"
    finally:
        path.write_bytes(kept)


def test_a_live_chain_asks_for_currency_and_account(desk: Desk, live: object) -> None:
    live("", ops=desk.wallet("deployer"))  # type: ignore[operator]
    with pytest.raises(SessionError) as no_account:
        deploy.main(f"currency={desk.won.address}")
    assert no_account.value.reason == "from_missing"
    with pytest.raises(SessionError) as unknown:
        deploy.main(f"currency={desk.won.address}", "from=nobody")
    assert unknown.value.reason == "unknown_account"
    with pytest.raises(ArgumentError) as no_currency:
        deploy.main("from=ops")
    assert no_currency.value.reason == "missing_argument"


def test_a_live_chain_waits_for_the_typed_words(desk: Desk, live: object) -> None:
    token = _another_token(desk)
    asked = live("yes", ops=desk.wallet("deployer"))  # type: ignore[operator]
    block = desk.block()
    with pytest.raises(SessionError) as error:
        deploy.main(f"currency={token}", "from=ops")
    assert error.value.reason == "not_confirmed"
    assert desk.block() == block
    assert asked == ["2 transactions on chain 31337. Type “deploy on 31337” to go on: "]
    live("deploy on 31337", ops=desk.wallet("deployer"))  # type: ignore[operator]
    made = deploy.main(f"currency={token}", "from=ops")
    assert made is not None
    assert made.currencies[-1].token == token
    assert desk.block() == block + 2


@pytest.mark.parametrize(
    ("given", "kind", "reason"),
    (
        ("currency=usd", AddressError, "bad_address"),
        (f"currency={GHOST.lower()}", AddressError, "unchecksummed_address"),
        ("curency=0x", ArgumentError, "unknown_argument"),
        ("usdc", ArgumentError, "not_an_argument"),
        ("manifest=gone.toml", ArgumentError, "no_such_file"),
    ),
)
def test_bad_input_sends_nothing(desk: Desk, given: str, kind: type[Exception], reason: str) -> None:
    block = desk.block()
    with pytest.raises(kind) as error:
        deploy.main(given)
    assert error.value.reason == reason  # type: ignore[attr-defined]
    assert desk.block() == block


def test_what_is_no_token_is_refused_before_anything_is_sent(desk: Desk) -> None:
    block = desk.block()
    with pytest.raises(RefusedError):
        deploy.main(f"currency={GHOST}")
    assert desk.block() == block


def _another_token(desk: Desk) -> str:
    contract = artifact("TestToken")
    made = web3.eth.contract(abi=contract.abi, bytecode=contract.creation_code)
    data = made.constructor("Another", "ANTH", 2).data_in_transaction
    receipt = desk.session.node.send_raw_call(desk.wallet("deployer"), None, bytes.fromhex(data[2:]))
    return str(receipt["contractAddress"])
