"""Codes are read back by a decoder that did not make them."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from largesse.errors import QrError
from largesse.qr import MAX_VERSION, QUIET_ZONE, make_qr, qr_png
from largesse.tills import PaymentRequest
from tests.python.helpers import CONTRACT, HOLDER, MERCHANT, refused
from tests.python.test_links import link_of
from tests.support.pictures import qr_texts

REQUEST = PaymentRequest(31_337, CONTRACT, HOLDER, MERCHANT, 42, 31_000, 30_070, 1_798_761_600, b"\x7f" * 65)


def decoded(png: bytes) -> list[str]:
    return qr_texts(Image.open(io.BytesIO(png)))


@pytest.mark.parametrize(
    "text",
    [
        REQUEST.uri(),
        link_of().url(),
        link_of(message="축" * 60, siblings=999).url(),
        link_of(message="x" * 560).url(),
        "a",
    ],
    ids=["payment request", "link", "link of a batch", "longest message", "one letter"],
)
@pytest.mark.parametrize("scale", [2, 8])
def test_a_png_reads_back(text: str, scale: int) -> None:
    assert decoded(qr_png(text, scale=scale)) == [text]


def test_a_png_is_black_on_white_with_its_quiet_zone() -> None:
    code = make_qr("hello")
    modules = 17 + 4 * int(code.version)
    image = Image.open(io.BytesIO(qr_png("hello", scale=3))).convert("L")
    assert image.size == (3 * (modules + 2 * QUIET_ZONE),) * 2
    assert {value for _, value in image.getcolors() or []} == {0, 255}
    border = 3 * QUIET_ZONE
    assert image.crop((0, 0, image.width, border)).getextrema() == (255, 255)
    assert image.getpixel((border, border)) == 0


def test_a_dirty_print_still_reads() -> None:
    """A smudge over a corner of the data, as error correction is for."""
    image = Image.open(io.BytesIO(qr_png(REQUEST.uri(), scale=8, error="q"))).convert("L")
    side = image.width // 8
    image.paste(
        255, (image.width - 2 * side, image.height - 2 * side, image.width - side, image.height - side)
    )
    assert qr_texts(image) == [REQUEST.uri()]


def test_what_is_too_long_for_a_phone_is_refused() -> None:
    # Version 25 holds 1,273 bytes at level l and 997 at level m (ISO/IEC 18004, table 7).
    assert int(make_qr("x" * 1_273).version) == MAX_VERSION
    with refused(QrError, "too_long", "1274 characters", "version 25"):
        make_qr("x" * 1_274)
    with refused(QrError, "too_long"):
        make_qr("x" * 998, error="m")
    assert int(make_qr("x" * 998, error="m", max_version=40).version) == 26
    with refused(QrError, "too_long"):
        make_qr("x" * 3_000, max_version=40)


def test_error_correction_is_as_high_as_fits() -> None:
    assert make_qr("x" * 997).error == "M"
    assert make_qr("x" * 998).error == "L"
    assert make_qr("x", error="h").error == "H"


def test_what_is_no_code() -> None:
    with refused(QrError, "empty"):
        make_qr("")
    with refused(QrError, "bad_error_level", "'x'"):
        make_qr("a", error="x")
    with refused(QrError, "bad_scale", 0):
        qr_png("a", scale=0)
