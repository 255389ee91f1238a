"""The digits that people carry between a locked scale and the platform."""

ORDER_OF_CODES = 0x80000000
"""In the event *unlocked* the order is this and the question; permits have the numbers below."""


def key_number(kid: bytes) -> str:
    """The four digits by which people tell unlock keys apart, from the key's 10-byte identity."""
    return f"{int.from_bytes(kid[:2], 'big') % 10_000:04d}"


def check_digit(digits: str) -> str:
    """The check digit of a text of digits (ISO/IEC 7064, MOD 11,10)."""
    product = 10
    for digit in digits:
        product = ((product + int(digit)) % 10 or 10) * 2 % 11
    return str((11 - product) % 10)
