"""What a till's scanner reads off a picture. It looks for QR codes alone: among the modules of a large one a
decoder that tries every kind of bar code now and then finds a short one of another kind."""

from __future__ import annotations

import zxingcpp
from PIL import Image


def qr_texts(picture: Image.Image) -> list[str]:
    return [
        one.text
        for one in zxingcpp.read_barcodes(picture.convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)
    ]
