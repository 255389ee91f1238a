"""The registry of a cloud for tests, filled as production fills it: through the registry's own functions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, Engine
from steelyard_cloud.db import database
from steelyard_cloud.keys import PlatformKey
from steelyard_cloud.people import access, organisations
from steelyard_cloud.people.audit import Actor
from steelyard_cloud.people.roles import Principal, Role
from steelyard_cloud.scales import enrolment, masses, orders, permits, programs, types, verification
from steelyard_cloud.scales.life.take import take
from steelyard_cloud.scales.naming import Name
from steelyard_cloud.scales.queries import ScaleInScope, scale_by_code
from steelyard_cloud.scales.subjects import subject_of
from steelyard_protocol import identity
from steelyard_protocol.parameters import FIELDS, FIRST_DEVICE_KEY

from kit.parameters import MAP
from kit.sheet import certified, right_sheet
from kit.signing_scale import MAKER, MODEL, SOFTWARE, START_S

DIVISION = "330106"
ORDER = "ORDER-1"
NOBODY = Actor("process:test", 0, None, None)
EVERYWHERE = Principal("process:test", Role.ADMIN, "test", None, "", None)


@dataclass(frozen=True)
class Office:
    """An organisation with one person in it, and the role of both."""

    role: Role
    name: str
    kind: str
    division_code: str
    person: str


OFFICES = (
    Office(Role.ADMIN, "Zhejiang Platform", "platform", "000000", "Root"),
    Office(Role.MANUFACTURER, "Hengtai Scales", "manufacturer", "330700", "Line 1"),
    Office(Role.VERIFICATION, "Hangzhou Metrology Institute", "verification", "330100", "Chen Min"),
    Office(Role.REGULATOR, "Hangzhou Market Supervision", "supervision", "330100", "Wang Li"),
    Office(Role.TECHNICIAN, "Xihu Repairs", "repairer", "330106", "Zhou"),
    Office(Role.TYPE_EVALUATION, "Zhejiang Type Evaluation", "type_evaluation", "330000", "He Fang"),
    Office(Role.REPAIRER, "Gongshu Scale Repairs", "repairer", "330106", "Qian"),
    Office(Role.OPERATOR, "Wenyi Market", "operator", "330106", "Sun Yu"),
)


class KnownScale(Protocol):
    """What the registry's functions need to know of a scale, real or not."""

    kid: bytes

    def enrol(self) -> bytes:
        """Its statement 1."""

    def state(self) -> tuple[bytes, int, int]:
        """Digest, calibration counter and configuration counter as they are."""


class Registry:
    """What people enter, by the clock `now_ms`; with `offices` there are people, by role with their tokens."""

    def __init__(
        self, engine: Engine, now_ms: Callable[[], int] = lambda: START_S * 1000, offices: Iterable[Office] = OFFICES
    ) -> None:
        self.engine, self.now_ms = engine, now_ms
        self.organisations: dict[str, int] = {}
        self.tokens: dict[Role, str] = {}
        self.users: dict[Role, int] = {}
        self._actors: dict[Role, Actor] = {}
        with database.writing(engine) as connection:
            for office in offices:
                self._open(connection, office)
            if verifier := self._actors.get(Role.VERIFICATION):
                masses.add(connection, verifier, certified(self.now_ms()), self.now_ms())

    def _open(self, connection: Connection, office: Office) -> None:
        known = {"organisation_id": self._organisation(connection, office.name, office.kind, office.division_code)}
        self.tokens[office.role] = access.create_token(
            connection, name=f"{office.name} token", role=office.role, now_ms=self.now_ms(), **known
        )
        self.users[office.role] = organisations.add_user(
            connection, NOBODY, name=office.person, role=office.role.value, now_ms=self.now_ms(), **known
        )
        user = self.users[office.role]
        self._actors[office.role] = Actor(
            f"user:{user}", user, *known.values(), office.division_code, user, office.role
        )

    def _organisation(self, connection: Connection, name: str, kind: str, division_code: str) -> int:
        self.organisations[name] = organisations.add_organisation(
            connection, NOBODY, name=name, kind=kind, division_code=division_code, now_ms=self.now_ms()
        )
        return self.organisations[name]

    def token_for(self, name: str, kind: str, division_code: str, role: Role) -> str:
        """A token of a new organisation."""
        with database.writing(self.engine) as connection:
            organisation = self._organisation(connection, name, kind, division_code)
            return access.create_token(
                connection, name=name, role=role, organisation_id=organisation, now_ms=self.now_ms()
            )

    def sign_in_secret(self, role: Role) -> str:
        """The secret of a one-time link for the role's person."""
        with database.writing(self.engine) as connection:
            return access.create_sign_in_link(connection, self.users[role], self.now_ms())

    # ---- scales of one type ----------------------------------------------------------------------------------------

    def add_type(self, quantity: int = 1_000_000) -> None:
        """The type of a SigningScale with its software, and an order for so many of them."""
        maker = self._actors[Role.MANUFACTURER].organisation_id
        assert maker is not None
        with database.writing(self.engine) as connection:
            self.scale_type_id = types.add_scale_type(
                connection,
                self._actors[Role.ADMIN],
                organisation_id=maker,
                type_approval="PA-2026-0417",
                applied=types.Application(
                    MAKER, MODEL, {FIELDS[key].name: value for key, value in MAP.items() if key < FIRST_DEVICE_KEY}
                ),
                software=[programs.Software(*SOFTWARE)],
                now_ms=self.now_ms(),
            )
            orders.add_factory_order(
                connection,
                self._actors[Role.MANUFACTURER],
                number=ORDER,
                organisation_id=maker,
                scale_type_id=self.scale_type_id,
                quantity=quantity,
                division_code=DIVISION,
                now_ms=self.now_ms(),
            )

    def enrol(self, *some: KnownScale) -> None:
        """Put scales on record by their statement 1."""
        maker = self._actors[Role.MANUFACTURER]
        with database.writing(self.engine) as connection:
            for scale in some:
                enrolment.enrol(
                    connection,
                    maker,
                    order=ORDER,
                    raw=scale.enrol(),
                    place="Stall 7",
                    period_s=600,
                    now_ms=self.now_ms(),
                )

    def verify(self, scale: KnownScale, number: int, seal: str = "S-1") -> None:
        """An institution fixes the baseline at a statement; NotStoredYet where the cloud does not hold it."""
        day = datetime.fromtimestamp(self.now_ms() / 1000, UTC).date()
        with database.writing(self.engine) as connection:
            known, actor = in_scope(connection, scale), self._actors[Role.VERIFICATION]
            asked = verification.Asked(
                Name(number, None), "initial", day + timedelta(days=1000), seal, right_sheet(known.code, day)
            )
            pass_now(connection, actor, known, asked, self.now_ms())

    def permit(self, authority: PlatformKey, scale: KnownScale, fields: Iterable[int]) -> bytes:
        """Sign and record a permit to adjust the scale as it is, from yesterday on for as long as a permit may last."""
        _, calibration, configuration = scale.state()
        begin_s = self.now_ms() // 1000 - 86_400
        with database.writing(self.engine) as connection:
            terms = permits.Terms(
                fields=tuple(fields),
                not_before_s=begin_s,
                not_after_s=begin_s + permits.LONGEST_DAYS * 86_400,
                calibration_counter=calibration,
                configuration_counter=configuration,
            )
            regulator = self._actors[Role.REGULATOR]
            return permits.permit(connection, regulator, authority, in_scope(connection, scale), terms, self.now_ms())

    def approve(self, software_hash: bytes) -> None:
        """A program with this hash becomes approved for the type of all scales."""
        program = programs.Software("steelyard-agent", "0.2.0", software_hash)
        with database.writing(self.engine) as connection:
            programs.add_software(
                connection,
                self._actors[Role.ADMIN],
                scale_type_id=self.scale_type_id,
                software=program,
                now_ms=self.now_ms(),
            )


def in_scope(connection: Connection, scale: KnownScale) -> ScaleInScope:
    """An enrolled scale as its institution and its supervision see it."""
    return scale_by_code(connection, EVERYWHERE, identity.to_text(scale.kid))


def pass_now(
    connection: Connection, actor: Actor, scale: ScaleInScope, asked: verification.Asked, now_ms: int
) -> verification.Verified:
    """Pass a verification by a clock of the test's own: reports and certificates are those of other days."""
    passing = verification.Passing(connection, actor, scale, asked, UTC, now_ms)
    act = passing.act()
    others = {"fresh statement": lambda: (), "reference masses": lambda: (), "unlocked": lambda: ()}
    take(connection, actor, subject_of(scale), replace(act, checks={**act.checks, **others}), now_ms)
    assert passing.made is not None
    return passing.made
