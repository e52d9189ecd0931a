"""`deploy`: deterministic, safe to run again, read back afterwards, and asked for on a live chain."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from brownie import web3

from largesse import deploying
from largesse import deployment as deployments
from largesse.arguments import ArgumentError
from largesse.artifacts import artifact
from largesse.chain import RefusedError
from largesse.deploying import DEPLOYER, SALT, final_check, plan_deployment
from largesse.deployment import VERSION, DeploymentError
from largesse.eip712 import certificates_domain, keccak
from largesse.errors import AddressError
from largesse.parts import PARTS, Part, create2, create3, first_created
from largesse.session import SessionError
from scripts import deploy
from tests.fixtures.desk import Desk

GHOST = "0x00000000000000000000000000000000DeaDBeef"


@pytest.fixture(scope="module")
def desk(desk_with_a_past: Desk) -> Desk:
    return desk_with_a_past


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
        assert one.parts == {part.name: create3(made.factory, part.name, one.token) for part in PARTS}
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
    for part in PARTS:
        assert f"factory's code hash of {part.name}" in checked
        assert f"{part.contract} of EURT: the factory made it" in checked
        assert f"{part.contract} of EURT: its certificates" in checked
        signs = part.name not in ("payout",)
        assert (f"{part.contract} of EURT: signing domain" in checked) == signs
    assert "StreamingTipEscrow of EURT: second piece of code" in checked


@pytest.mark.parametrize("field", ("card_art", "lens", "factory"))
def test_check_sees_another_contract(desk: Desk, field: str) -> None:
    with pytest.raises(DeploymentError) as error:
        final_check(desk.session.node, replace(desk.session.deployment(), **{field: GHOST}))
    assert error.value.reason == "check_failed"
    assert GHOST in str(error.value)


@pytest.mark.parametrize("field", ("certificates", "back_office"))
def test_check_sees_another_piece_of_a_currency(desk: Desk, field: str) -> None:
    made = desk.session.deployment()
    changed = replace(made.currencies[0], **{field: made.currencies[1].certificates})
    with pytest.raises(DeploymentError) as error:
        final_check(desk.session.node, replace(made, currencies=(changed, *made.currencies[1:])))
    assert error.value.reason == "check_failed"
    assert "of KRWT" in str(error.value)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_check_sees_another_currencys_part_and_a_missing_one(desk: Desk, part: Part) -> None:
    made = desk.session.deployment()
    won, usdc = made.currencies[:2]
    for parts, seen in (
        (won.parts | {part.name: usdc.part(part.name)}, f"found {(won.part(part.name), True)}"),
        ({name: one for name, one in won.parts.items() if name != part.name}, "expected ('nothing', True)"),
        (won.parts | {"more": GHOST}, "parts of KRWT: found "),
    ):
        changed = replace(won, parts=parts)
        with pytest.raises(DeploymentError) as error:
            final_check(desk.session.node, replace(made, currencies=(changed, *made.currencies[1:])))
        assert error.value.reason == "check_failed"
        assert "of KRWT" in str(error.value)
        assert seen in str(error.value)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_check_asks_each_part_for_its_certificates(desk: Desk, part: Part) -> None:
    """Another currency's code at the right address."""
    won, usdc = desk.session.deployment().currencies[:2]
    foreign = web3.eth.get_code(usdc.part(part.name)).hex()
    desk.session.node.develop("anvil_setCode", [won.part(part.name), "0x" + foreign])
    with pytest.raises(DeploymentError) as error:
        deploy.check()
    assert str(error.value).startswith(
        f"this is not the deployment: {part.contract} of KRWT: its certificates: "
        f"found {usdc.certificates}, expected {won.certificates}"
    )


def test_check_sees_another_second_piece_and_one_that_is_gone(desk: Desk) -> None:
    won, usdc = desk.session.deployment().currencies[:2]
    own, other = first_created(won.part("jars")), first_created(usdc.part("jars"))
    code = web3.eth.get_code(won.part("jars")).hex()
    assert own[2:].lower() in code
    changed = code.replace(own[2:].lower(), other[2:].lower())
    for address, content, problem in (
        (won.part("jars"), "0x" + changed, f"second piece of code: found {other}, expected {own}"),
        (own, "0x", "second piece: found nothing, expected there"),
    ):
        kept = web3.eth.get_code(address).hex()
        desk.session.node.develop("anvil_setCode", [address, content])
        with pytest.raises(DeploymentError) as error:
            deploy.check()
        assert f"StreamingTipEscrow of KRWT: {problem}" in str(error.value)
        desk.session.node.develop("anvil_setCode", [address, "0x" + kept])


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
        newer = json.loads(kept) | {"version": VERSION + 1}
        listed = json.loads(kept)
        listed["currencies"][0]["parts"] = ["sales"]
        for text in ("{", "7", json.dumps(newer), json.dumps(listed)):
            path.write_text(text)
            with pytest.raises(DeploymentError) as broken:
                deploy.main()
            assert broken.value.reason == "bad_record"
            assert path.read_text() == text
    finally:
        path.write_bytes(kept)


def test_an_older_releases_record_is_told_apart(
    desk: Desk, live: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As version 1 wrote it. A live chain's is kept, a development chain's makes way."""
    path = desk.session.records / "31337.json"
    kept = path.read_bytes()
    old = json.loads(kept) | {"version": 1}
    for row in old["currencies"]:
        row["sales"] = row.pop("parts")["sales"]
    try:
        path.write_text(json.dumps(old))
        with pytest.raises(DeploymentError) as error:
            deploy.check()
        assert error.value.reason == "old_record"
        assert f"31337.json is an older release's (version 1, this one's is {VERSION})" in str(error.value)
        tokens = ",".join(one["token"] for one in old["currencies"])
        live("", ops=desk.wallet("deployer"))  # type: ignore[operator]
        with pytest.raises(DeploymentError) as refused:
            deploy.main(f"currency={tokens}", "from=ops")
        monkeypatch.undo()
        assert refused.value.reason == "old_record"
        assert json.loads(path.read_text()) == old
        block = desk.block()
        made = deploy.main(f"currency={tokens}")
        assert made is not None
        assert (made.series, desk.block()) == ((), block)
        assert desk.session.deployment() == made
    finally:
        path.write_bytes(kept)


def test_series_are_not_carried_over_to_another_releases_contracts(
    desk: Desk, live: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their numbers would name other series there, or none."""
    path = desk.session.records / "31337.json"
    kept = path.read_bytes()
    before = desk.session.deployment()
    try:
        deployments.save(desk.session.records, replace(before, factory=GHOST))
        foreign = path.read_bytes()
        live("", ops=desk.wallet("deployer"))  # type: ignore[operator]
        with pytest.raises(DeploymentError) as error:
            deploy.main(f"currency={desk.won.address}", "from=ops")
        monkeypatch.undo()
        assert error.value.reason == "other_release"
        assert GHOST in str(error.value)
        assert before.factory in str(error.value)
        assert path.read_bytes() == foreign
        assert deploy.main() == replace(before, series=())
    finally:
        path.write_bytes(kept)


def test_a_further_part_is_one_row(desk: Desk, tmp_path: Path) -> None:
    """Here CertificateSales once more, under another name: planned, made, checked and recorded by the row."""
    node, before = desk.session.node, desk.session.deployment()
    parts = (*PARTS, Part("second", "CertificateSales"))
    plan = plan_deployment(node, [desk.won.address], parts)
    assert [step.what for step in plan.steps if not step.done] == [
        "deploy LargesseFactory",
        "create GiftCertificates of KRWT",
        *(f"create {part.contract} of KRWT" for part in PARTS),
        "create CertificateSales of KRWT",
    ]
    gas: list[tuple[int, int]] = []
    made = deploying.deploy(
        node, desk.wallet("deployer"), plan, lambda step, used: gas.append((used, step.gas))
    )
    assert all(used <= most for used, most in gas)
    (record,) = made.currencies
    assert [*record.parts] == [part.name for part in parts]
    contract = web3.eth.contract(address=record.part("second"), abi=artifact("CertificateSales").abi)
    assert contract.functions.certificates().call() == record.certificates
    assert "CertificateSales of KRWT: its certificates" in final_check(node, made, parts)
    deployments.save(tmp_path, made)
    assert deployments.load(tmp_path, node) == made
    # Another list of parts is another factory, with other addresses for everything it makes.
    old = before.currency("KRWT")
    assert made.factory != before.factory
    assert not {record.certificates, *record.parts.values()} & {old.certificates, *old.parts.values()}
    assert deploy.check() is not None
    with pytest.raises(DeploymentError) as error:
        final_check(node, made)
    assert "LargesseFactory's address follows from its code" in str(error.value)
    with pytest.raises(DeploymentError) as unknown:
        old.part("second")
    assert (unknown.value.reason, str(unknown.value)) == (
        "unknown_part",
        f"KRWT has no part 'second' here; there are: {', '.join(old.parts)}",
    )


def test_what_a_stranger_created_first_is_taken_as_it_is(desk: Desk) -> None:
    plan = plan_deployment(desk.session.node, [another_token(desk)])
    theirs = deploying.deploy(desk.session.node, desk.wallet("stranger"), plan)
    block = desk.block()
    assert deploying.deploy(desk.session.node, desk.wallet("deployer"), plan) == theirs
    assert desk.block() == block


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
    token = another_token(desk)
    asked = live("yes", ops=desk.wallet("deployer"))  # type: ignore[operator]
    block = desk.block()
    with pytest.raises(SessionError) as error:
        deploy.main(f"currency={token}", "from=ops")
    assert error.value.reason == "not_confirmed"
    assert desk.block() == block
    count = 1 + len(PARTS)
    assert asked == [f"{count} transactions on chain 31337. Type “deploy on 31337” to go on: "]
    live("deploy on 31337", ops=desk.wallet("deployer"))  # type: ignore[operator]
    made = deploy.main(f"currency={token}", "from=ops")
    assert made is not None
    assert made.currencies[-1].token == token
    assert desk.block() == block + count


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


def another_token(desk: Desk) -> str:
    contract = artifact("TestToken")
    made = web3.eth.contract(abi=contract.abi, bytecode=contract.creation_code)
    data = made.constructor("Another", "ANTH", 2).data_in_transaction
    receipt = desk.session.node.send_raw_call(desk.wallet("deployer"), None, bytes.fromhex(data[2:]))
    return str(receipt["contractAddress"])
