"""A signature that a thief saw in the mempool: it serves nobody else, nowhere else, and nothing else.

That each action refuses another signer, chain, contract, value and deadline is in test_consents; here is what
a thief would do with a good one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.fixtures.accounts import MakeAccount, delegate_7702
from tests.fixtures.tokens import packed, sign_eip3009, token_domain
from tests.support.clock import at
from tests.support.errors import reverts
from tests.support.jars import DAY, ITSELF, NOON, TYPES, Jars
from tests.support.payments import selector
from tests.zoo.raw import raw_call

UNIT = 10**9


def by_relayer(jars: Jars) -> dict[str, Any]:
    return {"from": jars.stranger}


# the currency's signature


def test_a_moving_consent_cannot_be_used_up_at_the_currency(jars: Jars) -> None:
    """Whoever takes the signature to the currency itself is not the payee; nor is it one to transfer by."""
    values = (str(jars.supporter), jars.jar, 1_000, "")
    consent = jars.consent("Tip", *values, moves=1_000)
    digest = jars.digest("Tip", *values, *consent[:2])
    signature = (consent[3][64], consent[3][:32], consent[3][32:64])
    transfer = (str(jars.supporter), str(jars.escrow), 1_000, 0, consent[1], digest)
    token = jars.token
    form = "address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32"
    receive, send = token.receiveWithAuthorization[form], token.transferWithAuthorization[form]
    with reverts("ERC20InvalidReceiver", jars.escrow):
        receive(*transfer, *signature, by_relayer(jars))
    with reverts("ERC3009InvalidSignature"):
        send(*transfer, *signature, by_relayer(jars))
    to_thief = (str(jars.supporter), str(jars.stranger), *transfer[2:])
    with reverts("ERC3009InvalidSignature"):
        receive(*to_thief, *signature, by_relayer(jars))
    jars.escrow.tip(*values, consent, by_relayer(jars))
    assert jars.due() == 1_000 * UNIT


def test_a_moving_consent_pays_for_nothing_else(jars: Jars) -> None:
    """The nonce is the digest of the one action: of another function, jar or amount it is another, and the
    currency recovers somebody else."""
    values = (str(jars.supporter), jars.jar, 1_000, "for the creator")
    consent = jars.consent("Tip", *values, moves=1_000)
    thief = jars.jar_of(jars.stranger)
    rate = jars.set_tier()
    attempts = [
        lambda: jars.escrow.tip(values[0], thief, 1_000, values[3], consent, by_relayer(jars)),
        lambda: jars.escrow.tip(*values[:3], "another message", consent, by_relayer(jars)),
        lambda: jars.escrow.tip(values[0], jars.jar, 999, values[3], consent, by_relayer(jars)),
        lambda: jars.escrow.open(jars.key(jar=thief), UNIT, 1_000, consent, by_relayer(jars)),
        lambda: jars.escrow.subscribe(jars.subscription(rate, 1_000), consent, by_relayer(jars)),
        lambda: jars.escrow.tipHandle(jars.handle_tip(1_000), values[3], consent, by_relayer(jars)),
    ]
    for attempt in attempts:
        with reverts("ERC3009InvalidSignature"):
            attempt()
    assert jars.held() == 0


def test_a_plain_authorisation_to_the_escrow_pays_nobodys_tip(jars: Jars) -> None:
    """An EIP-3009 authorisation with a random nonce, signed for something else, is no consent."""
    nonce = bytes(range(32))
    signed = sign_eip3009(
        jars.world.key(jars.supporter),
        token_domain(jars.token),
        "Receive",
        jars.supporter,
        jars.escrow,
        1_000,
        0,
        NOON + DAY,
        nonce,
    )
    consent = (1, NOON + DAY, True, packed(*signed))
    with reverts("ERC3009InvalidSignature"):
        jars.escrow.tip(jars.supporter, jars.jar_of(jars.stranger), 1_000, "", consent, by_relayer(jars))


def test_an_allowance_is_of_use_to_its_owner_only(jars: Jars) -> None:
    """The supporter approved everything to the escrow: nobody else can spend it."""
    assert jars.token.allowance(jars.supporter, jars.escrow) == 2**256 - 1
    thief = jars.jar_of(jars.stranger)
    me = by_relayer(jars)
    rate = jars.set_tier()
    forged = (1, NOON + DAY, False, bytes(65))
    with reverts("Custody_NotItself", jars.supporter, jars.stranger):
        jars.escrow.tip(jars.supporter, thief, 5, "", ITSELF, me)
    with reverts("Custody_NotItself", jars.supporter, jars.stranger):
        jars.escrow.topUp(jars.key(payer=jars.stranger), jars.supporter, 5, ITSELF, me)
    with reverts("Custody_NotItself", jars.supporter, jars.stranger):
        jars.escrow.subscribe(jars.subscription(rate, 100), ITSELF, me)
    digest = jars.digest("Tip", str(jars.supporter), thief, 5, "", 1, NOON + DAY)
    with reverts("Custody_InvalidSignature", jars.supporter, digest):
        jars.escrow.tip(jars.supporter, thief, 5, "", forged, me)


# one for another


def test_a_consent_to_one_action_is_none_to_another(jars: Jars) -> None:
    """Pause, resume and cancel sign the same words under different names: none serves for another."""
    at(NOON)
    key = jars.open(UNIT, 10 * DAY)
    names = {"CancelStream": "cancel", "PauseStream": "pause", "ResumeStream": "resume"}
    for signed in names:
        consent = jars.consent(signed, *key)
        for other, method in names.items():
            if other != signed:
                digest = jars.digest(other, *key, *consent[:2])
                with reverts("Custody_InvalidSignature", jars.supporter, digest):
                    getattr(jars.escrow, method)(key, consent, by_relayer(jars))
    jars.escrow.pause(key, jars.consent("PauseStream", *key), by_relayer(jars))


def test_every_type_has_a_name_of_its_own() -> None:
    """Two types with the same members would be told apart by their names only, and are."""
    assert len({f"{name}({members})" for name, members in TYPES.items()}) == len(TYPES)


def test_a_signature_for_another_escrow_of_the_same_currency(jars: Jars, project: Any) -> None:
    """Two escrows over one currency, even over the same certificates, do not take each other's."""
    other = project.StreamingTipEscrow.deploy(jars.world.certificates, {"from": jars.deployer})
    values = (str(jars.supporter), jars.jar, 1_000, "")
    elsewhere = replace(jars.domain, verifying_contract=other.address)
    consent = jars.consent("Tip", *values, domain=elsewhere)
    with reverts("Custody_InvalidSignature", jars.supporter, jars.digest("Tip", *values, *consent[:2])):
        jars.escrow.tip(*values, consent, by_relayer(jars))
    jars.token.approve(other, 1_000, {"from": jars.supporter})
    other.tip(*values, consent, by_relayer(jars))


def test_a_later_consent_voids_the_earlier_ones(jars: Jars) -> None:
    """A wallet signs again with a higher nonce at a better price: the old one cannot follow."""
    key = jars.key()
    old = jars.consent("OpenStream", *key, UNIT, 1_000, nonce=1)
    new = jars.consent("OpenStream", *key, UNIT, 500, nonce=2)
    at(NOON)
    jars.escrow.open(key, UNIT, 500, new, by_relayer(jars))
    at(NOON + 500)
    with reverts("Custody_NonceTooLow", 1, 2):
        jars.escrow.open(key, UNIT, 1_000, old, by_relayer(jars))


def test_a_failed_action_uses_no_consent_up(jars: Jars) -> None:
    """It reverts as a whole: the nonce is free, and the currency's authorisation too."""
    at(NOON)
    key = jars.open(UNIT, 100)
    blocked = [jars.consent("OpenStream", *key, UNIT, 1_000, moves=amount) for amount in (None, 1_000)]
    for consent in blocked:
        with reverts("Jar_StreamExists", jars.id_of(key), NOON + 100):
            jars.escrow.open(key, UNIT, 1_000, consent, by_relayer(jars))
    assert jars.escrow.watermark(jars.supporter) == 0
    for consent, time in zip(blocked, (NOON + 100, NOON + 2_000), strict=True):
        at(time)
        jars.escrow.open(key, UNIT, 1_000, consent, by_relayer(jars))


# wallets


BAD_ANSWERS = ("WrongMagic", "DirtyMagic", "ShortMagic", "Empty", "Reverts", "BurnsGas", "Huge")


@pytest.mark.parametrize("mode", BAD_ANSWERS)
def test_a_wallet_that_answers_wrongly_has_not_signed(
    jars: Jars, make_account: MakeAccount, mode: str
) -> None:
    wallet = make_account("Wallet1271Bad", jars.holder, mode=mode)
    values = (str(wallet), jars.jar, 1_000, "")
    consent = (1, NOON + DAY, False, bytes(65))
    with reverts("Custody_InvalidSignature", wallet, jars.digest("Tip", *values, *consent[:2])):
        jars.escrow.tip(*values, consent, {"from": jars.stranger, "gas_limit": 5_000_000})


def test_a_wallets_check_is_never_starved(jars: Jars, make_account: MakeAccount) -> None:
    """With less gas than it is promised, the whole call reverts, by name: nobody can have it judged bad."""
    wallet = make_account("Wallet1271", jars.holder)
    jars.token.mint(wallet, 1_000, {"from": jars.deployer})
    approve = jars.token.approve.encode_input(jars.escrow, 1_000)
    wallet.execute(jars.token, 0, approve, {"from": jars.holder})
    values = (str(wallet), jars.jar, 1_000, "")
    consent = jars.consent("Tip", *values, signer=jars.holder)
    answer = raw_call(jars.escrow.tip, *values, consent, sender=jars.stranger, gas=300_000)
    assert (answer[0], answer[1][:4]) == (False, selector("Signatures_GasFloor"))
    jars.escrow.tip(*values, consent, {"from": jars.stranger, "gas_limit": 600_000})


def test_an_account_that_delegates_signs_with_its_key(jars: Jars, delegate_code: Any) -> None:
    """EIP-7702: it has code and a key; the key is asked first."""
    delegate_7702(jars.supporter, delegate_code, jars.relayer)
    values = (str(jars.supporter), jars.jar, 1_000, "")
    jars.escrow.tip(*values, jars.consent("Tip", *values), by_relayer(jars))
    assert jars.due() == 1_000 * UNIT


def test_the_escrow_consents_to_nothing(jars: Jars) -> None:
    """As an account it has no key and answers no `isValidSignature`: nobody acts in its name."""
    jars.token.mint(jars.escrow, 1_000, {"from": jars.deployer})
    values = (str(jars.escrow), jars.jar_of(jars.stranger), 1_000, "")
    consent = (1, NOON + DAY, False, bytes(65))
    with reverts("Custody_InvalidSignature", jars.escrow, jars.digest("Tip", *values, *consent[:2])):
        jars.escrow.tip(*values, consent, by_relayer(jars))
