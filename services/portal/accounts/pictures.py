"""Codes as pictures."""

import io


def qr_png(text: str) -> bytes:
    """A QR code as PNG, with its quiet zone; error correction M."""
    # Here, since few requests draw one.
    import zxingcpp
    from PIL import Image

    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    file = io.BytesIO()
    Image.fromarray(code.to_image(scale=6, add_quiet_zones=True)).convert("1").save(file, "PNG")
    return file.getvalue()
