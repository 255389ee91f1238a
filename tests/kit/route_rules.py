"""For every route: which roles may use it, whether it is about one scale's case, and what it leaves in the audit log.

A new route has no rule here, and `tests/cloud/web/test_every_route.py` fails until it has one.
"""

from dataclasses import dataclass, field
from typing import Any

from steelyard_cloud.people.roles import Role

from kit.routes import PUBLIC

Route = tuple[str, str]
DESK = {Role.ADMIN, Role.REGULATOR, Role.VERIFICATION}
OFFICES = {Role.REGULATOR, Role.VERIFICATION}
SUPERVISION = {Role.ADMIN, Role.REGULATOR}
ADMIN, REGULATOR, MAKER = {Role.ADMIN}, {Role.REGULATOR}, {Role.MANUFACTURER}
DONE = frozenset({200, 201, 303})
NOT_NOW = frozenset({409})
NOT_SO = frozenset({422})


@dataclass(frozen=True)
class Rule:
    """`case`: about one row, which is *not found* for those who may not see it. `body`: a JSON body, form or query with
    which nothing is wrong the first time. `refused`: with which statuses it may be refused later. `logs`: the action;
    what is the `same` as before is no act, and not logged again."""

    roles: set[Role]
    logs: str | None
    case: bool = False
    body: dict[str, Any] = field(default_factory=dict)
    refused: frozenset[int] = frozenset()
    same: bool = False


def case(roles: set[Role], logs: str, body: dict[str, Any] | None = None, refused: frozenset[int] = NOT_NOW) -> Rule:
    """A rule for what is about one scale, alert or complaint."""
    return Rule(roles, logs, True, body or {}, refused)


ANYBODY = set(Role)
TYPES = {Role.ADMIN, Role.MANUFACTURER, Role.TYPE_EVALUATION}
HOLDERS = ANYBODY - {Role.TYPE_EVALUATION, Role.REPAIRER}
"""Who may say where a scale stands."""
NOT_FOR_THEM = frozenset({403, 404, 409, 422})
"""What a step is refused with that another role takes, or that does not fit the stage."""
PLAN = {"step": "verification.plan", "day": "2999-01-01"}
MASSES = {
    "number": "M-9",
    "mass_class": "F2",
    "certificate": "Z-9",
    "from_day": "2026-01-01",
    "until_day": "2027-01-01",
}
DECISION = {"to": "acknowledged", "reason": "seen on site"}
UNLOCK = {"key": "0000", "question": "00000000", "check_digit": "4", "reason": "seen on site"}
VERIFICATION = {"number": 2, "valid_until": "2029-01-01", "kind": "subsequent", "seal": "S-2"}
PERMIT = {"fields": ["point_1_mg"], "not_after": 0xFFFFFFFF, "not_before": 0xFFFFF000}
PERSON = {"name": "Li Na", "role": "regulator", "organisation": 4}
TYPE = {"organisation": 2, "maker": "Hengtai", "model": "HT-60", "type_approval": "PA-2026-0500"}
ORDER = {"number": "ORDER-9", "scale_type": 1, "quantity": 1, "division_code": "330106", "organisation": 2}
MERGER = {"into": "330106", "on": "2026-11-01", "reason": "State Council, 2026"}
PLACE = {"name": "High-tech Zone", "parent": "330100", "since": "2026-11-01"}
OFFICE = {"name": "Jinhua Supervision", "kind": "supervision", "division_code": "330700"}

RULES: dict[Route, Rule] = {
    ("get", "/api/v1/statistics"): Rule(ANYBODY, None),
    ("get", "/api/v1/scales"): Rule(ANYBODY, "scale.list"),
    ("get", "/api/v1/scales/{code}"): case(ANYBODY, "scale.look"),
    ("get", "/api/v1/scales/{code}/statements"): case(ANYBODY, "scale.look"),
    ("get", "/api/v1/scales/{code}/series"): case(ANYBODY, "scale.look"),
    ("get", "/api/v1/scales/{code}/asks/{number}"): case(OFFICES, "scale.look"),
    ("patch", "/api/v1/scales/{code}"): case(HOLDERS, "scale.place", {"place": "Stall 9"}),
    ("post", "/api/v1/scales/{code}/verifications"): case(
        {Role.VERIFICATION}, "scale.verify", VERIFICATION, NOT_NOW | NOT_SO
    ),
    ("post", "/api/v1/scales/{code}/decisions"): case(
        REGULATOR, "scale.decide", {"number": 2, "reason": "the network was away"}
    ),
    ("put", "/api/v1/scales/{code}/period"): case(
        REGULATOR, "scale.period", {"period_s": 60, "reason": "a busy stall"}
    ),
    ("post", "/api/v1/scales/{code}/permits"): case(OFFICES, "scale.permit", PERMIT),
    ("post", "/api/v1/scales/{code}/unlocks"): case(OFFICES, "scale.unlock", UNLOCK),
    ("post", "/api/v1/scales/{code}/asks"): case(OFFICES, "scale.ask", {"what": "snapshot"}),
    ("post", "/api/v1/scales/{code}/updates"): case({*MAKER, *REGULATOR}, "scale.update", {"image": 1}),
    ("get", "/api/v1/alerts"): Rule(DESK, "alert.list"),
    ("get", "/api/v1/alerts/{alert}"): case(DESK, "alert.look"),
    ("get", "/api/v1/alerts/{alert}/evidence"): case(DESK, "alert.evidence"),
    ("post", "/api/v1/alerts/{alert}/transitions"): case(REGULATOR, "alert.decide", DECISION),
    ("get", "/api/v1/scales/{code}/steps"): case(ANYBODY, "scale.look"),
    ("post", "/api/v1/scales/{code}/steps"): case(
        ANYBODY - {Role.ADMIN, Role.TYPE_EVALUATION}, "scale.verification.plan", PLAN, NOT_FOR_THEM
    ),
    ("post", "/api/v1/scales/{code}/moves"): case(
        {*SUPERVISION, *MAKER, Role.OPERATOR, Role.TECHNICIAN},
        "scale.move.ask",
        {"division_code": "330108", "place": "Stall 8"},
        NOT_FOR_THEM,
    ),
    ("get", "/api/v1/moves"): Rule(SUPERVISION, None),
    ("post", "/api/v1/moves/{move}/answer"): Rule(
        SUPERVISION, "scale.move.refuse", body={"accepts": False, "reason": "not here"}, refused=NOT_FOR_THEM
    ),
    ("get", "/api/v1/reference-masses"): Rule({Role.VERIFICATION}, None),
    ("post", "/api/v1/reference-masses"): Rule({Role.VERIFICATION}, "masses.add", body=MASSES, refused=NOT_NOW),
    ("get", "/api/v1/scale-types"): Rule(TYPES, None),
    ("get", "/api/v1/scale-types/{scale_type}"): Rule(TYPES, None, refused=frozenset({404})),
    ("post", "/api/v1/scale-types"): Rule({*ADMIN, *MAKER}, "type.add", body=TYPE, refused=NOT_NOW | NOT_SO),
    ("post", "/api/v1/scale-types/{scale_type}/steps"): Rule(
        {*MAKER, Role.TYPE_EVALUATION}, "type.approve", body={"step": "type.approve"}, refused=NOT_FOR_THEM
    ),
    ("post", "/api/v1/scale-types/{scale_type}/software"): Rule(
        {*ADMIN, *MAKER},
        "software.record",
        body={"name": "agent", "version": "2", "hash": "5a" * 32},
        refused=NOT_FOR_THEM,
    ),
    ("post", "/api/v1/scale-types/{scale_type}/software/steps"): Rule(
        {Role.TYPE_EVALUATION},
        "software.approve",
        body={"step": "software.approve", "hash": "5a" * 32},
        refused=NOT_FOR_THEM,
    ),
    ("post", "/api/v1/enrolments/bulk"): Rule(MAKER, "scale.enrol", refused=NOT_FOR_THEM),
    ("post", "/api/v1/scale-types/{scale_type}/images"): Rule(
        {*ADMIN, *MAKER}, "type.image", body={"package": "AAAA"}, refused=NOT_SO
    ),
    ("post", "/api/v1/factory-orders"): Rule(
        {*ADMIN, *MAKER}, "order.add", body=ORDER, refused=NOT_NOW | NOT_SO | {404}
    ),
    ("post", "/api/v1/enrolments"): Rule(
        MAKER, "scale.enrol", body={"order": "ORDER-1", "statement": "AAAA", "place": ""}, refused=NOT_SO | {404}
    ),
    ("get", "/api/v1/divisions"): Rule(ANYBODY, None),
    ("post", "/api/v1/divisions"): Rule(ADMIN, "division.add", body=PLACE),
    ("post", "/api/v1/divisions/{division}/merger"): Rule(ADMIN, "division.merge", body=MERGER, refused=NOT_SO),
    ("get", "/api/v1/organisations"): Rule(ANYBODY, None),
    ("post", "/api/v1/organisations"): Rule(ADMIN, "organisation.add", body=OFFICE, refused=NOT_NOW),
    ("put", "/api/v1/organisations/{organisation}/divisions"): Rule(
        ADMIN, "organisation.cover", body={"covers": ["330100"]}
    ),
    ("get", "/api/v1/organisations/{organisation}/users"): Rule(ADMIN, "organisation.look"),
    ("get", "/api/v1/organisations/{organisation}/tokens"): Rule(ADMIN, "organisation.look"),
    ("post", "/api/v1/invitations"): Rule(ADMIN, "user.add", body=PERSON),
    ("patch", "/api/v1/users/{user}"): Rule(ADMIN, "user.change", body={"manages": True}, same=True),
    ("post", "/api/v1/users/{user}/recovery"): Rule(ADMIN, "user.recover"),
    ("post", "/api/v1/tokens"): Rule(ADMIN, "token.make", body=PERSON | {"scope": ["read"]}),
    ("delete", "/api/v1/tokens/{token}"): Rule(ADMIN, "token.revoke", same=True),
    ("get", "/api/v1/audit"): Rule(SUPERVISION, "audit.list"),
    ("get", "/alerts"): Rule(DESK, "alert.list"),
    ("get", "/alerts/decide"): case(REGULATOR, "alert.look", {"to": "confirmed", "alert": 1}),
    ("post", "/alerts/decide"): case(REGULATOR, "alert.decide", {"to": "confirmed", "reason": "too high", "alert": 1}),
    ("get", "/alerts/{alert}"): case(DESK, "alert.look"),
    ("get", "/alerts/{alert}/evidence"): case(DESK, "alert.evidence"),
    ("post", "/alerts/{alert}/transitions"): case(REGULATOR, "alert.decide", DECISION | {"to": "investigating"}),
    ("get", "/complaints"): Rule(SUPERVISION, "complaint.list"),
    ("get", "/complaints/{complaint}"): case(SUPERVISION, "complaint.look"),
    ("get", "/complaints/{complaint}/photo.jpg"): case(SUPERVISION, "complaint.look"),
    ("post", "/complaints/{complaint}/close"): case(REGULATOR, "complaint.close", {"answer": "The scale was sealed."}),
    ("get", "/scales"): Rule(ANYBODY, "scale.list"),
    ("get", "/scales/{code}"): case(ANYBODY, "scale.look"),
    ("get", "/scales/{code}/plots/{name}.svg"): case(ANYBODY, "scale.look"),
    ("get", "/scales/{code}/life"): case(ANYBODY, "scale.look"),
    ("post", "/scales/{code}/steps"): case(ANYBODY, "scale.verification.plan", PLAN | {"seen": 99}, NOT_FOR_THEM),
    ("get", "/scales/{code}/verify"): case({Role.VERIFICATION}, "scale.look"),
    ("post", "/scales/{code}/verify"): case({Role.VERIFICATION}, "scale.verify", {"outcome": "pass"}, NOT_NOW | NOT_SO),
    ("get", "/organisations"): Rule(ADMIN, None),
    ("post", "/organisations"): Rule(
        ADMIN, "organisation.add", body={"name": "Yiwu", "kind": "supervision", "covers": "330782"}, refused=NOT_NOW
    ),
    ("get", "/organisations/{organisation}"): Rule(ADMIN, "organisation.look"),
    ("post", "/organisations/{organisation}/divisions"): Rule(ADMIN, "organisation.cover", body={"covers": "330100"}),
    ("post", "/organisations/{organisation}/invitations"): Rule(ADMIN, "user.add", body=PERSON),
    ("post", "/organisations/{organisation}/tokens"): Rule(ADMIN, "token.make", body=PERSON | {"scope": "read"}),
    ("post", "/organisations/{organisation}/tokens/{token}/end"): Rule(ADMIN, "token.revoke", same=True),
    ("post", "/organisations/{organisation}/users/{user}"): Rule(
        ADMIN, "user.change", body={"manages": "true"}, same=True
    ),
    ("post", "/organisations/{organisation}/users/{user}/recovery"): Rule(ADMIN, "user.recover"),
    ("get", "/divisions"): Rule(ANYBODY, None),
    ("post", "/divisions"): Rule(ADMIN, "division.add", body=PLACE),
    ("post", "/divisions/{division}/merger"): Rule(ADMIN, "division.merge", body=MERGER, refused=NOT_SO),
    ("get", "/audit"): Rule(SUPERVISION, "audit.list"),
}

OWN_SESSION: set[Route] = {
    ("get", "/account"),
    ("post", "/account/passkeys"),
    ("post", "/account/passkeys/options"),
    ("post", "/account/passkeys/{passkey}/remove"),
    ("post", "/account/password"),
    ("post", "/account/sessions/end"),
    ("post", "/sign-out"),
}
"""What everybody does with their own session and nobody with another's: `test_sign_in.py`."""
NOT_SIGNED_IN: set[Route] = {
    ("post", "/sign-in"),
    ("post", "/sign-in/passkey"),
    ("post", "/sign-in/passkey/options"),
    ("post", "/sign-in/password"),
}
STREAM: Route = ("get", "/api/v1/events")
RULED = set(RULES) | OWN_SESSION | NOT_SIGNED_IN | {STREAM} | PUBLIC
