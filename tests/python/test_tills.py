from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from largesse.addresses import address_from_bytes
from largesse.errors import PaymentRequestError
from largesse.tills import PaymentRequest, parse_request
from tests.python.helpers import CONTRACT, HOLDER, MERCHANT, ZERO, refused

REQUEST = PaymentRequest(31_337, CONTRACT, HOLDER, MERCHANT, 42, 31_000, 30_070, 1_798_761_600)
URI = (
    f"largesse:pay?chain=31337&certificates={CONTRACT}&currency={HOLDER}&merchant={MERCHANT}"
    "&order=42&total=31000&least=30070&deadline=1798761600"
)


def test_the_uri() -> None:
    assert REQUEST.uri() == URI
    assert parse_request(URI) == REQUEST
    signed = replace(REQUEST, signature=b"\xab\x01")
    assert signed.uri() == URI + "&signature=0xab01"
    assert parse_request(signed.uri()) == signed


addresses = st.binary(min_size=20, max_size=20).filter(any).map(address_from_bytes)


@settings(max_examples=100)
@given(
    chain_id=st.integers(min_value=1, max_value=2**63 - 37),
    certificates=addresses,
    currency=addresses,
    merchant=addresses,
    order=st.integers(min_value=1, max_value=2**64 - 1),
    total=st.integers(min_value=1, max_value=2**96 - 1),
    deadline=st.integers(min_value=1, max_value=2**40 - 1),
    least=st.data(),
    signature=st.one_of(st.none(), st.binary(min_size=1, max_size=512)),
)
def test_any_request_comes_back_as_it_was(least: st.DataObject, **values: Any) -> None:
    values["least"] = least.draw(st.integers(min_value=1, max_value=values["total"]))
    request = PaymentRequest(**values)
    assert parse_request(request.uri()) == request


@pytest.mark.parametrize(
    ("changes", "reason", "mention"),
    [
        ({"chain_id": 0}, "out_of_range", "chain_id is 0"),
        ({"chain_id": 2**63 - 36}, "out_of_range", "chain_id"),
        ({"order": 0}, "out_of_range", "order is 0"),
        ({"order": 2**64}, "out_of_range", "order"),
        ({"total": 0}, "out_of_range", "total"),
        ({"total": 2**96}, "out_of_range", "total"),
        ({"total": -1}, "out_of_range", "total"),
        ({"least": 0}, "out_of_range", "least"),
        ({"least": 2**96}, "out_of_range", "least"),
        ({"least": 31_001}, "least_over_total", "least is 31001, more than the total of 31000"),
        ({"total": 30_069}, "least_over_total", "least is 30070, more than the total of 30069"),
        ({"deadline": 0}, "out_of_range", "deadline"),
        ({"deadline": 2**40}, "out_of_range", "deadline"),
        ({"merchant": ZERO}, "bad_address", "merchant"),
        ({"currency": HOLDER.lower()}, "bad_address", "currency"),
        ({"certificates": "0x12"}, "bad_address", "certificates"),
        ({"signature": b""}, "bad_signature_length", "0 bytes"),
        ({"signature": bytes(513)}, "bad_signature_length", "513 bytes"),
    ],
)
def test_requests_out_of_range(changes: dict[str, Any], reason: str, mention: str) -> None:
    with refused(PaymentRequestError, reason, mention):
        replace(REQUEST, **changes)


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("", "not_a_request"),
        ("https://shop.example/?chain=1", "not_a_request"),
        (URI.upper(), "not_a_request"),
        (" " + URI, "not_a_request"),
        ("largesse:pay?", "malformed_field"),
        (URI + "&", "malformed_field"),
        (URI + "&x", "malformed_field"),
        (URI + "&tip=5", "unknown_field"),
        (URI.replace("&order=42", "&Order=42"), "unknown_field"),
        (URI + "&order=43", "duplicate_field"),
        (URI + "&order=42", "duplicate_field"),
        (URI.replace("&order=42", ""), "missing_field"),
        (URI.replace("&least=30070", ""), "missing_field"),
        (URI.replace("&deadline=1798761600", ""), "missing_field"),
        (URI.replace("order=42", "order=0"), "out_of_range"),
        (URI.replace("order=42", f"order={2**64}"), "out_of_range"),
        (URI.replace("order=42", "order=042"), "bad_number"),
        (URI.replace("order=42", "order=+42"), "bad_number"),
        (URI.replace("order=42", "order=-42"), "bad_number"),
        (URI.replace("order=42", "order=4_2"), "bad_number"),
        (URI.replace("order=42", "order="), "bad_number"),
        (URI.replace("order=42", "order=٤٢"), "bad_number"),
        (URI.replace("order=42", "order=0x2a"), "bad_number"),
        (URI.replace("total=31000", "total=31000.5"), "bad_number"),
        (URI.replace("least=30070", "least="), "bad_number"),
        (URI.replace("least=30070", "least=31001"), "least_over_total"),
        (URI.replace("total=31000", "total=" + "9" * 5_000), "bad_number"),
        (URI + "\n", "bad_number"),
        (URI.replace(MERCHANT, MERCHANT.lower()), "bad_address"),
        (URI.replace(MERCHANT, MERCHANT[:-1] + "0"), "bad_address"),
        (URI.replace(MERCHANT, ZERO), "bad_address"),
        (URI + "&signature=", "bad_signature"),
        (URI + "&signature=0x", "bad_signature"),
        (URI + "&signature=0xabc", "bad_signature"),
        (URI + "&signature=0xAB", "bad_signature"),
        (URI + "&signature=0x" + "00" * 513, "bad_signature_length"),
        (URI.replace("&order=42&total=31000", "&total=31000&order=42"), "wrong_order"),
    ],
)
def test_uris_that_are_refused(uri: str, reason: str) -> None:
    with refused(PaymentRequestError, reason):
        parse_request(uri)
