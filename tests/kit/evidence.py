"""Evidence files as a platform would make them of a signing scale, and the keys to forge them with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from steelyard_cloud.evidence import bundle as bundles
from steelyard_cloud.evidence.bundle import Bundle, Identity, Software, StoredStatement, Verification
from steelyard_cloud.evidence.check import Report, check_file
from steelyard_cloud.judge.checks.material import Word
from steelyard_protocol import downlink, identity, p256, statement
from steelyard_protocol.downlink import KeySet, Role, sign

from kit.signing_scale import MAKER, MODEL, SOFTWARE_HASH, START_S, SigningScale

LATE = START_S * 1000 + 10 * 365 * 86_400_000
"""A verification that is still valid when these tests make their files (Unix milliseconds)."""


@dataclass
class Platform:
    """A root, and an authority under it."""

    root: bytes = field(default_factory=p256.make_private_key)
    authority: bytes = field(default_factory=p256.make_private_key)

    @property
    def root_point(self) -> bytes:
        """The root's public key."""
        return p256.public_key(self.root)

    @property
    def thumbprint(self) -> str:
        """What people compare."""
        return identity.thumbprint(self.root_point).hex()

    @property
    def authority_kid(self) -> bytes:
        """Identity of the authority key."""
        return identity.kid(p256.public_key(self.authority))

    def key_set(self, roles: int = Role.AUTHORITY) -> bytes:
        """The key set in force, its one key with these roles."""
        keys = KeySet(1, ((p256.public_key(self.authority), int(roles)),))
        return sign(keys, self.root, identity.kid(self.root_point))

    def scale(self, seed: int = 1, **known: Any) -> SigningScale:
        """A scale that carries the root from the factory."""
        return SigningScale(seed, root=self.root_point, **known)

    def permit(self, scale: SigningScale, fields: Iterable[int], **terms: Any) -> bytes:
        """A permit to adjust the scale as it is."""
        order = {
            "identity": scale.kid,
            "what": downlink.PermitFor.ADJUST,
            "order_number": 1,
            "by": 1,
            "not_before": scale.time_s - 86_400,
            "not_after": scale.time_s + 86_400,
            "calibration_counter": scale.calibration_counter,
            "configuration_counter": scale.configuration_counter,
            "fields": tuple(fields),
            **terms,
        }
        return downlink.sign(downlink.Permit(**order), self.authority, self.authority_kid)

    def bundle(self, scale: SigningScale, raws: Sequence[bytes] | None = None, **changed: Any) -> Bundle:
        """A file on the scale's whole chain, or on `raws`, verified at statement 2; made at the newest one's time."""
        raws = scale.chain if raws is None else raws
        stored = [StoredStatement(raw, commit_ms(raw)) for raw in raws]
        members = {
            "created_ms": max([one.received_ms for one in stored] + [START_S * 1000]) + 1,
            "scale": {
                "public code": scale.code,
                "maker": MAKER,
                "model": MODEL,
                "serial number": scale.serial_number,
                "production code": scale.production_code,
                "type approval": "T-1",
                "place": "Stall 3",
            },
            "identities": (Identity(scale.public_key, scale.chain[0]),),
            "statements": tuple(stored),
            "verifications": (verification(scale, scale.chain[1]),),
            "permits": (),
            "software": (Software(SOFTWARE_HASH, "agent", "0.1.0"),),
            "root": self.root_point,
            "key_set": self.key_set(),
            "period_s": scale.period_s,
            "longest_validity_days": 20_000,
            **changed,
        }
        return Bundle(**members)

    def seal(self, made: Bundle) -> bytes:
        """The file."""
        return bundles.write(made, self.authority, self.authority_kid)

    def check(self, made: Bundle, *trusted: str) -> Report:
        """The report on the bundle, sealed and read again; without `trusted` this platform's root is."""
        return check_file(bundles.read(self.seal(made)), *(trusted or (self.thumbprint,)))


def commit_ms(raw: bytes) -> int:
    """When these tests commit a statement: as soon as it was made."""
    return statement.parse(raw).time * 1000


def verification(scale: SigningScale, raw: bytes, start: bytes | None = None, **changed: Any) -> Verification:
    """A verification at a statement of a start whose boot statement is `start`, or is this one."""
    members = {
        "kid": scale.kid,
        "number": statement.parse(raw).number,
        "hash": statement.hash_of(raw),
        "start_hash": statement.hash_of(start or raw),
        "kind": "initial",
        "valid_until": "2036-12-31",
        "expires_ms": LATE,
        "seal": "S-1",
        "institution": "Institute",
        "recorded_ms": commit_ms(raw),
        **changed,
    }
    return Verification(**members)


def words(report: Report) -> tuple[Word, Word, Word]:
    """The three verdicts."""
    return report.authenticity.word, report.continuity.word, report.rules.word


def codes(report: Report) -> set[str]:
    """Codes of the steps that are not good."""
    return {one.code for one in report.steps if one.word is not Word.GOOD}
