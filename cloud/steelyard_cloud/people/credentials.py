"""Secrets that people and programs carry: API tokens, session cookies, one-time links, CSRF tokens.

Each is 256 random bits; the database keeps SHA-256 of it only (no slow hash is needed for random values). A session's
cookie is two secrets with a dot between them: one that stays, and one that is replaced while the session lasts. A CSRF
token is derived from the first, so there is nothing more to store and it dies with the session.
"""

import hashlib
import hmac
import secrets

TOKEN_PREFIX = "sy_"  # noqa: S105 - a public prefix, found by secret scanners


def new_token() -> str:
    """A new API token."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def new_secret() -> str:
    """A new secret for a link or a part of a session's cookie."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What the database keeps of a secret: SHA-256, 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()


def of_session(cookie: str, purpose: str) -> bytes:
    """32 bytes that follow from the part of a session's cookie that stays, and that nobody else can know."""
    return hmac.digest(cookie.partition(".")[0].encode(), f"steelyard {purpose}".encode(), "sha256")


def csrf_token(cookie: str) -> str:
    """The token that a session's forms must carry."""
    return of_session(cookie, "csrf").hex()


def same(given: str, expected: str) -> bool:
    """Constant-time comparison."""
    return hmac.compare_digest(given.encode(), expected.encode())
