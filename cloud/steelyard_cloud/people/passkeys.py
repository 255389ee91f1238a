"""Signing in with a passkey (WebAuthn, level 3): what is asked of a browser, and what it answers.

The key is bound to the host of the pages, so there are none under a bare address (127.0.0.1). The authenticator must
check who holds it (a fingerprint, a code): then a passkey is both what somebody has and what they are or know. A
challenge is kept in the database until it is answered, once and within minutes, whichever process gets the answer.
"""

import ipaddress
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import webauthn
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from webauthn.helpers import base64url_to_bytes, options_to_json, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from steelyard_cloud.db.schema import passkey_challenges, passkeys, users
from steelyard_cloud.errors import CloudError
from steelyard_cloud.people.sessions import in_date

ANSWER_MS = 5 * 60_000
MOST_CHALLENGES = 20_000
MOST_PASSKEYS = 10
NAME = "Steelyard"
MUST = UserVerificationRequirement.REQUIRED
MALFORMED = (WebAuthnException, ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What the library raises for an answer that no browser gives."""


class PasskeyRefused(CloudError):
    """This passkey was not accepted: it is not on record, the page is too old, or the answer is not for this site."""

    code, noun, status = "passkey-refused", "passkey", 403


@dataclass(frozen=True)
class Site:
    """The pages as a browser knows them: `origin` with scheme and port, `host` that passkeys are bound to."""

    origin: str
    host: str

    @classmethod
    def of(cls, url: str) -> "Site | None":
        """The site at the base URL; None where its host is a bare address, to which no passkey can be bound."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return cls(f"{parts.scheme}://{parts.netloc}", host) if host else None
        return None


@dataclass(frozen=True)
class Passkey:
    """A passkey of a person as its pages show it."""

    id: int
    name: str
    created_ms: int
    used_ms: int | None


def ask_to_add(connection: Connection, site: Site, user_id: int, now_ms: int) -> Any:
    """Options for `navigator.credentials.create`, as JSON has them."""
    name = connection.scalar(select(users.c.name).where(users.c.id == user_id)) or ""
    have = connection.scalars(select(passkeys.c.credential_id).where(passkeys.c.user_id == user_id))
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=NAME,
        user_name=name,
        user_id=b"steelyard %d" % user_id,
        challenge=_challenge(connection, user_id, now_ms),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in have],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=MUST
        ),
    )
    return json.loads(options_to_json(options))


def add(
    connection: Connection,
    site: Site,
    user_id: int,
    answer: Mapping[str, Any],
    *,
    challenge: bytes,
    name: str,
    now_ms: int,
) -> None:
    """Keep the passkey that a browser made for a challenge that is used up; raises PasskeyRefused."""
    try:
        made = webauthn.verify_registration_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
        count = select(func.count()).select_from(passkeys).where(passkeys.c.user_id == user_id)
        if (connection.scalar(count) or 0) >= MOST_PASSKEYS:
            raise PasskeyRefused
        with connection.begin_nested():
            connection.execute(
                insert(passkeys).values(
                    user_id=user_id,
                    credential_id=made.credential_id,
                    public_key=made.credential_public_key,
                    sign_count=made.sign_count,
                    name=name,
                    created_ms=now_ms,
                )
            )
    except (*MALFORMED, IntegrityError):
        raise PasskeyRefused from None


def ask_to_sign_in(connection: Connection, site: Site, now_ms: int) -> Any:
    """Options for `navigator.credentials.get`; the browser offers whatever passkeys it has for the site."""
    challenge = _challenge(connection, None, now_ms)
    options = webauthn.generate_authentication_options(rp_id=site.host, challenge=challenge, user_verification=MUST)
    return json.loads(options_to_json(options))


def sign_in(connection: Connection, site: Site, answer: Mapping[str, Any], challenge: bytes, now_ms: int) -> int:
    """The id of the user whose passkey has signed a challenge that is used up; raises PasskeyRefused."""
    c = passkeys.c
    try:
        query = select(c.id, c.user_id, c.public_key, c.sign_count).join_from(passkeys, users)
        mine = query.where(c.credential_id == base64url_to_bytes(answer["id"]), users.c.active)
        found = connection.execute(mine.with_for_update(of=passkeys)).first()
        if found is None:
            raise PasskeyRefused
        seen = webauthn.verify_authentication_response(
            credential=dict(answer),
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=found.public_key,
            credential_current_sign_count=found.sign_count,
            require_user_verification=True,
        )
    except MALFORMED:
        raise PasskeyRefused from None
    connection.execute(update(passkeys).where(c.id == found.id).values(sign_count=seen.new_sign_count, used_ms=now_ms))
    return int(found.user_id)


def passkeys_of(connection: Connection, user_id: int) -> list[Passkey]:
    """A person's passkeys, the oldest first."""
    c = passkeys.c
    rows = connection.execute(select(c.id, c.name, c.created_ms, c.used_ms).where(c.user_id == user_id).order_by(c.id))
    return [Passkey(*row) for row in rows]


def remove(connection: Connection, user_id: int, passkey_id: int) -> bool:
    """Take a passkey away from its person; False where it is none of theirs."""
    mine = (passkeys.c.id == passkey_id, passkeys.c.user_id == user_id)
    return connection.execute(delete(passkeys).where(*mine)).rowcount == 1


def _challenge(connection: Connection, user_id: int | None, now_ms: int) -> bytes:
    """A new challenge; what is over goes, and above MOST_CHALLENGES what ends first."""
    c, made = passkey_challenges.c, secrets.token_bytes(32)
    connection.execute(delete(passkey_challenges).where(~in_date(c.expires_ms, ANSWER_MS, now_ms)))
    newest = select(c.expires_ms).order_by(c.expires_ms.desc()).offset(MOST_CHALLENGES).limit(1)
    connection.execute(delete(passkey_challenges).where(c.expires_ms <= newest.scalar_subquery()))
    values = {"challenge": made, "user_id": user_id, "expires_ms": now_ms + ANSWER_MS}
    connection.execute(insert(passkey_challenges).values(values))
    return made


def use_up(connection: Connection, answer: Mapping[str, Any], user_id: int | None, now_ms: int) -> bytes:
    """The challenge that an answer names, used up by that; raises PasskeyRefused where it is none of ours.

    In a transaction of its own: an answer that turns out wrong uses it up too.
    """
    c = passkey_challenges.c
    try:
        named = parse_client_data_json(base64url_to_bytes(answer["response"]["clientDataJSON"])).challenge
    except MALFORMED:
        raise PasskeyRefused from None
    whose = c.user_id.is_(None) if user_id is None else c.user_id == user_id
    mine = (c.challenge == named, whose, in_date(c.expires_ms, ANSWER_MS, now_ms))
    if not connection.execute(delete(passkey_challenges).where(*mine)).rowcount:
        raise PasskeyRefused
    return named
