"""Reading a QR code off a picture, as a phone would."""

from __future__ import annotations

from pathlib import Path

import zxingcpp
from PIL import Image, UnidentifiedImageError

from largesse.errors import QrError


def read_qr(path: Path) -> str:
    """The text of the one QR code in a picture. Raises QrError no_picture, no_code, many_codes; OSError."""
    try:
        with Image.open(path) as picture:
            found = zxingcpp.read_barcodes(picture.convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)
    except UnidentifiedImageError as error:
        raise QrError("no_picture", f"{path.name} is no picture") from error
    if len(found) != 1:
        reason = "many_codes" if found else "no_code"
        raise QrError(reason, f"{path.name} shows {len(found)} QR codes that can be read, not one")
    return str(found[0].text)
