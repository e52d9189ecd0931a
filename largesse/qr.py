"""QR codes of links and payment requests, for screens and for print."""

from __future__ import annotations

import io

import segno

from largesse.errors import QrError

# Version 25 is 117 modules wide: at 50 mm of print a module is 0.4 mm, which an ordinary phone still
# resolves.
MAX_VERSION = 25

# White modules around the code that the standard (ISO/IEC 18004) asks for.
QUIET_ZONE = 4


def make_qr(text: str, *, error: str | None = None, max_version: int = MAX_VERSION) -> segno.QRCode:
    """The QR code (ISO/IEC 18004, never Micro QR) of `text`.

    `error` is the least error correction, one of l, m, q, h; None takes m, or l where m needs too large a
    code. More is taken where it costs no larger code. Raises QrError: empty, bad_error_level, too_long
    (larger than `max_version`).
    """
    if not text:
        raise QrError("empty", "there is nothing to encode")
    if error not in (None, "l", "m", "q", "h"):
        raise QrError("bad_error_level", f"{error!r} is none of l, m, q, h")
    for level in ("m", "l") if error is None else (error,):
        try:
            code = segno.make_qr(text, error=level, boost_error=True)
        except segno.DataOverflowError:
            continue
        if int(code.version) <= max_version:
            return code
    raise QrError(
        "too_long",
        f"{len(text)} characters need a code larger than version {max_version}, which phones read reliably",
    )


def qr_png(text: str, *, scale: int = 8, error: str | None = None, max_version: int = MAX_VERSION) -> bytes:
    """A black-on-white PNG, `scale` pixels a module, quiet zone included. Raises as make_qr, and QrError
    bad_scale.
    """
    if scale < 1:
        raise QrError("bad_scale", f"{scale} pixels a module show nothing")
    out = io.BytesIO()
    make_qr(text, error=error, max_version=max_version).save(out, kind="png", scale=scale, border=QUIET_ZONE)
    return out.getvalue()
