"""Signing in with a name, a password and a code (TOTP, RFC 6238); all three are asked for at once.

A wrong one of them is not told apart from another, nor from a name that nobody has, in words or in time. Each try is
counted before it is checked, so that tries at the same time count too; from the fifth in a row on a person waits, twice
as long each time and an hour at most. That is for passwords only: nobody can lock out somebody's passkey.
"""

import threading
import unicodedata
from base64 import b32encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import pyotp
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from steelyard_cloud.db.schema import users
from steelyard_cloud.errors import Refusal
from steelyard_cloud.people import credentials

FREE_FAILURES = 5
FIRST_WAIT_MS = 60_000
LONGEST_WAIT_MS = 3_600_000
LEAST_CHARACTERS = 12
MOST_CHARACTERS = 200
STEP_S = 30
STEPS_AROUND = 1
"""Clocks of telephones go wrong: the code before and the one after are taken too (RFC 6238, 5.2)."""
AT_ONCE = 2
"""Hashes that are computed at the same time: each takes 19 MiB."""
MOST_WAITING = 12
"""Requests that compute one or wait for it; more would keep the threads from every other page."""

c = users.c
_hash = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))  # OWASP's least for argon2id
_room, _line = threading.BoundedSemaphore(AT_ONCE), threading.BoundedSemaphore(MOST_WAITING)


class Unfit(Refusal):
    """This cannot be used to sign in."""

    code, noun = "unfit", "sign-in"
    field: ClassVar[str] = "login"


class LoginUnfit(Unfit):
    """A name to sign in with has 3 to 60 characters and no blanks."""

    code = "login-unfit"


class LoginTaken(Unfit):
    """Somebody else signs in with the name {name}; choose another one."""

    code, status = "login-taken", 409


class PasswordLength(Unfit):
    """The password must have {least} to {most} characters."""

    code, field = "password-length", "password"


class PasswordGuessable(Unfit):
    """This password is too easy to guess; choose another one."""

    code, field = "password-guessable", "password"


class WrongCode(Unfit):
    """This is not the code that the app shows now; wait for the next one."""

    code, field = "wrong-code", "code"


class SignInBusy(Refusal):
    """Too many people are signing in at the moment; try again in a few seconds."""

    code, noun, status = "sign-in-busy", "sign-in", 429


@contextmanager
def _turn() -> Iterator[None]:
    """Wait for one's turn to compute a hash; raises SignInBusy where too many do."""
    if not _line.acquire(blocking=False):
        raise SignInBusy
    try:
        with _room:
            yield
    finally:
        _line.release()


def folded(login: str) -> str:
    """A name to sign in with as it is kept: NFKC, without case and blanks around it."""
    return unicodedata.normalize("NFKC", login).casefold().strip()


def new_totp_secret(cookie: str) -> str:
    """The secret that a session offers for codes, base32; it follows from the session, so that nothing is kept yet."""
    return b32encode(credentials.of_session(cookie, "totp")[:20]).decode()


def totp_address(secret: str, login: str, issuer: str) -> str:
    """What an authenticator app reads from a QR code: otpauth://…"""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


@dataclass(frozen=True)
class Prepared:
    """A name, the hash of a password and the secret of codes, checked; `step` is that of the code that was shown."""

    login: str
    password: str
    totp_secret: str
    totp_step: int


def prepare(*, login: str, password: str, secret: str, code: str, now_ms: int) -> Prepared:
    """What a user wants to sign in with, once it is acceptable; raises Unfit. Slow, so in no transaction."""
    login = folded(login)
    if not 3 <= len(login) <= 60 or any(letter.isspace() for letter in login):
        raise LoginUnfit
    password = check_password(password, login)
    step = _step_of(secret, code, now_ms, after=0)
    if step is None:
        raise WrongCode
    with _turn():
        return Prepared(login, _hash.hash(password), secret, step)


def keep(connection: Connection, user_id: int, prepared: Prepared) -> None:
    """Let the user sign in with it from now on; raises LoginTaken."""
    try:
        with connection.begin_nested():
            values = {**vars(prepared), "failures": 0, "failed_ms": None}
            connection.execute(update(users).where(c.id == user_id).values(values))
    except IntegrityError:
        raise LoginTaken(name=prepared.login) from None


def check_password(password: str, login: str) -> str:
    """The password in one spelling; raises PasswordLength and PasswordGuessable."""
    password = unicodedata.normalize("NFC", password)
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise PasswordLength(least=LEAST_CHARACTERS, most=MOST_CHARACTERS)
    if len(set(password.casefold())) < 6 or login in password.casefold():
        raise PasswordGuessable
    return password


@dataclass(frozen=True)
class Try:
    """A try that was counted, and whom it is about."""

    user_id: int
    password: str
    totp_secret: str
    totp_step: int


def begin(connection: Connection, login: str, now_ms: int) -> Try | None:
    """Count a try and give whom it is about; None where nobody has that name, or who has it has to wait."""
    query = select(c.id, c.failures, c.failed_ms).where(c.login == folded(login), c.active, c.password.is_not(None))
    found = connection.execute(query.with_for_update()).first()
    if found is None or (found.failed_ms is not None and 0 <= now_ms - found.failed_ms < wait_ms(found.failures)):
        return None
    counted = update(users).where(c.id == found.id).values(failures=c.failures + 1, failed_ms=now_ms)
    return Try(*connection.execute(counted.returning(c.id, c.password, c.totp_secret, c.totp_step)).one())


def check(one: Try | None, password: str, code: str, now_ms: int) -> int | None:
    """The time step of the code where all is right; None else, and as slowly for nobody. In no transaction."""
    with _turn():
        given = unicodedata.normalize("NFC", password[:MOST_CHARACTERS])
        right = _hash.verify(given, _nobody() if one is None else one.password)
    step = None if one is None else _step_of(one.totp_secret, code, now_ms, after=one.totp_step)
    return step if right else None


def succeed(connection: Connection, one: Try, step: int) -> bool:
    """Use the code up and begin to count anew; False where the code has been used meanwhile."""
    still = (c.id == one.user_id, c.active, c.totp_step < step, c.password == one.password)
    used = update(users).where(*still).values(totp_step=step, failures=0, failed_ms=None)
    return connection.execute(used).rowcount == 1


def login_of(connection: Connection, user_id: int) -> str | None:
    """The name by which somebody signs in with a password; None where they have none."""
    return connection.scalar(select(c.login).where(c.id == user_id, c.password.is_not(None)))


def wait_ms(failures: int) -> int:
    """How long somebody waits after so many failures in a row."""
    over = failures - FREE_FAILURES
    return 0 if over < 0 else min(FIRST_WAIT_MS << min(over, 10), LONGEST_WAIT_MS)


def _step_of(secret: str, code: str, now_ms: int, after: int) -> int | None:
    """The time step whose code this is, among those around now and later than `after`."""
    now, given = now_ms // 1000 // STEP_S, "".join(code.split())
    steps = range(max(now - STEPS_AROUND, after + 1), now + STEPS_AROUND + 1)
    right = [step for step in steps if credentials.same(given, pyotp.TOTP(secret).generate_otp(step))]
    return right[0] if right else None


@cache
def _nobody() -> str:
    """A hash that takes as long to check as that of somebody."""
    return _hash.hash(credentials.new_secret())
