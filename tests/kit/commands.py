"""The API's commands: a body that is accepted, and the roles that may give it, in a world with one alert."""

from typing import Any

from steelyard_cloud.people.roles import Role

ORGANISATION = {"name": "Jinhua Supervision", "kind": "regulator", "division_code": "330700"}
COMMANDS: dict[str, tuple[dict[str, Any], set[Role]]] = {
    "post /organisations": (ORGANISATION, {Role.ADMIN}),
    "post /scale-types": (
        {"organisation": 2, "maker": "Hengtai", "model": "HT-60", "type_approval": "PA-2026-0500", "envelope": {}},
        {Role.ADMIN, Role.MANUFACTURER},
    ),
    "post /scale-types/1/software": (
        {"name": "agent", "version": "2", "hash": "5a" * 32},
        {Role.ADMIN, Role.MANUFACTURER},
    ),
    "post /factory-orders": (
        {"number": "ORDER-2", "scale_type": 1, "quantity": 1, "division_code": "330106", "organisation": 2},
        {Role.ADMIN, Role.MANUFACTURER},
    ),
    "post /enrolments": ({"order": "ORDER-1", "statement": "SECOND", "place": ""}, {Role.MANUFACTURER}),
    "post /scales/CODE/verifications": (
        {"number": 3, "valid_until": "2029-01-01", "kind": "subsequent", "seal": "S-2", "sheet": "RIGHT"},
        {Role.VERIFICATION},
    ),
    "post /scales/CODE/permits": (
        {"fields": ["point_1_mg"], "not_after": 0xFFFFFFFF, "not_before": 0xFFFFF000},
        {Role.VERIFICATION, Role.REGULATOR},
    ),
    "patch /scales/CODE": (  # the others have none in this world
        {"place": "Stall 9"},
        {Role.ADMIN, Role.MANUFACTURER, Role.VERIFICATION, Role.REGULATOR},
    ),
    "patch /scales/CODE division": (
        {"place": "Stall 9", "division_code": "330108"},
        {Role.ADMIN, Role.REGULATOR},
    ),
    "post /alerts/1/transitions": ({"to": "acknowledged", "reason": "seen on site"}, {Role.REGULATOR}),
}
