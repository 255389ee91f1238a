"""Secrets that people and programs carry: API tokens, session cookies, one-time sign-in links, CSRF tokens.

Each is 256 random bits; the database keeps SHA-256 of it only (no slow hash is needed for random values). A CSRF token
is derived from the session's secret, so there is nothing more to store and it dies with the session.
"""

import hashlib
import hmac
import secrets

TOKEN_PREFIX = "sy_"  # noqa: S105 - a public prefix, found by secret scanners


def new_token() -> str:
    """A new API token."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def new_secret() -> str:
    """A new secret for a session or a sign-in link."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What the database keeps of a secret: SHA-256, 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()


def csrf_token(session_secret: str) -> str:
    """The token that a session's forms must carry."""
    return hmac.new(session_secret.encode(), b"steelyard csrf", hashlib.sha256).hexdigest()


def same(given: str, expected: str) -> bool:
    """Constant-time comparison."""
    return hmac.compare_digest(given.encode(), expected.encode())
