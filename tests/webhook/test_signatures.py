"""Whose word is taken, to the second and to the character."""

from __future__ import annotations

import pytest

from largesse.webhook.service import SecretError, read_secrets
from largesse.webhook.signatures import SignatureError, sign, verify

NOW = 1_900_000_000
NEW, OLD, BODY = "n" * 24, "o" * 24, b'{"id": "e"}'
HEADER = sign(NEW, NOW, BODY)


def reason(header: str | None, body: bytes = BODY, now: float = NOW) -> str:
    with pytest.raises(SignatureError) as error:
        verify(header, body, (NEW, OLD), now)
    return error.value.reason


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_signature_is_good_for_five_minutes_either_way(seconds: int) -> None:
    assert verify(HEADER, BODY, (NEW, OLD), NOW + seconds) == NOW


@pytest.mark.parametrize("seconds", [-301, -300.5, 300.5, 301, 86_400])
def test_and_not_for_longer(seconds: float) -> None:
    assert reason(HEADER, now=NOW + seconds) == "stale_signature"


def test_it_is_of_its_time_its_body_and_one_of_the_secrets() -> None:
    assert verify(sign(OLD, NOW, BODY), BODY, (NEW, OLD), NOW) == NOW
    assert reason(HEADER, BODY + b" ") == "wrong_signature"
    assert reason(HEADER.replace(str(NOW), str(NOW + 1))) == "wrong_signature"
    assert reason(sign("x" * 24, NOW, BODY)) == "wrong_signature"


def test_one_good_signature_of_several_is_enough() -> None:
    good, bad = HEADER.partition(",")[2], "v1=" + "0" * 64
    for beside in (bad, "v0=x", "v2=" + "y" * 64, "w"):
        for header in (f"t={NOW},{beside},{good}", f"t={NOW}, {good}, {beside}"):
            assert verify(header, BODY, (NEW, OLD), NOW) == NOW
    assert verify(f"t={NOW},{','.join([bad] * 7)},{good}", BODY, (NEW, OLD), NOW) == NOW
    assert reason(f"t={NOW},{','.join([bad] * 8)},{good}") == "malformed_signature"


def test_a_secret_has_24_characters_at_least() -> None:
    assert read_secrets({"A": NEW, "B": OLD}, "A", "B") == (NEW, OLD)
    assert read_secrets({"A": NEW}, "A", "B") == (NEW,)
    for environ in ({}, {"A": "n" * 23}, {"A": NEW, "B": "o" * 23}, {"B": OLD}):
        with pytest.raises(SecretError) as error:
            read_secrets(environ, "A", "B")
        assert error.value.reason == "bad_secret"
        assert not any(secret in error.value.message for secret in environ.values())
