"""What a header may hold: whatever it is, it is read or refused."""

from __future__ import annotations

import base64

import pytest

from largesse.gateway import wire
from largesse.gateway.schemes import PaymentRefusedError

PAYMENT = '{"x402Version":2,"accepted":{},"payload":{"index":%s}}'


def header(text: str) -> bytes:
    return base64.b64encode(text.encode())


def number(header: bytes, frames: int = 0) -> int:
    """The payload's index, which schemes read some calls deeper than the header is decoded."""
    payload = wire.decode_payment(header)["payload"]

    def deeper(left: int) -> int:
        return deeper(left - 1) if left else wire.number(payload, "index", 5)

    return deeper(frames)


def test_what_is_nested_deeper_than_python_goes_is_refused() -> None:
    """At some depth the header could be read, and the refusal of its member could not be written."""
    for depth in range(1, 1_200):
        with pytest.raises(PaymentRefusedError) as refused:
            number(header(PAYMENT % ("[" * depth + "]" * depth)), frames=6)
        assert (refused.value.problem.status, refused.value.reason) == (400, "malformed_payment")


@pytest.mark.parametrize(
    "text",
    ["NaN", "Infinity", "1e999", "1" * 5_000, "true", "null", '"1_0"', '"-1"', '" 1"', '"1e1"', '"6"'],
)
def test_what_is_no_number_is_none(text: str) -> None:
    with pytest.raises(PaymentRefusedError) as refused:
        number(header(PAYMENT % text))
    assert refused.value.reason == "malformed_payment"


@pytest.mark.parametrize("spoilt", ["%s=", "%s\n", " %s", "%s*", "-_%s"])
def test_base64_has_one_form(spoilt: str) -> None:
    good = header(PAYMENT % '"5"').decode()
    assert number(good.encode()) == 5
    with pytest.raises(PaymentRefusedError):
        wire.decode_payment((spoilt % good).encode())


def test_of_two_members_of_one_name_the_last_counts() -> None:
    found = wire.decode_payment(header('{"x402Version":1,"x402Version":2,"accepted":{},"payload":{}}'))
    assert found["x402Version"] == 2
