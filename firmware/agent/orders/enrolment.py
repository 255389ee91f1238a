"""How a scale gets its identity: it makes its keys and statement 1 by itself, and shows that statement to the platform.

Statement 1 is made once. Asked again, also after a power cut or years later, the scale gives the same bytes.
"""

import binascii

from agent.wire import statements

_BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


async def enrol(keystore, chain, maker, model, serial_number, production_code):
    """Make the keys if there are none and statement 1 if there is none; return its bytes, synced before they are shown.

    The four words have 1 to 32 bytes (ValueError); they count only the first time.
    """
    await keystore.make()
    body = statements.enrol(keystore, maker, model, serial_number, production_code)
    return await chain.enrol(lambda: body)


def to_text(data):
    """Return bytes as base64url without padding (RFC 4648 §5), as the console shows statements."""
    text = binascii.b2a_base64(data).decode().rstrip("=\n")
    return text.replace("+", "-").replace("/", "_")


def from_text(text):
    """Return the bytes of base64url with or without padding; ValueError for anything else."""
    text = text.rstrip("=")
    try:
        data = binascii.a2b_base64(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
    except ValueError:
        data = None
    if data is None or to_text(data) != text:  # it passes over what does not belong there
        wrong = text.strip(_BASE64URL)
        if wrong:
            raise ValueError("'%s' is not a character of base64url" % wrong[0])
        raise ValueError("base64url of %d characters is cut off" % len(text))
    return data
