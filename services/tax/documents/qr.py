"""QR codes as pictures for the templates."""

import io


def picture(text: str) -> list[int]:
    """The bytes of a PNG, one pixel a module, without the quiet zone (the template leaves it).

    Error correction M: 15 % of it may be folded or stained.
    """
    # Here, since every `palika` command comes by this module and few draw a code.
    import zxingcpp
    from PIL import Image

    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    file = io.BytesIO()
    modules = Image.fromarray(code.to_image(scale=1, add_quiet_zones=False))
    modules.convert("1").save(file, "PNG", compress_level=1)
    return list(file.getvalue())
