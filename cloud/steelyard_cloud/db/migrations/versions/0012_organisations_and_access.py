"""Divisions as a tree, what organisations cover, and ways to sign in: passkeys, passwords, sessions that turn."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PATH = sa.String(160).with_variant(sa.String(160, collation="C"), "postgresql")
TREE = Path(__file__).parents[1] / "divisions_2023.txt"
COUNTRY = "000000"
WITH_PLACE = ("organisations", "scales", "alerts", "complaints", "factory_orders")
KINDS = {"regulator": "supervision", "repair": "repairer"}
COVERED = sa.table("organisation_divisions", sa.column("organisation_id"), sa.column("division_code"))
DIVISIONS = sa.table("divisions", *(sa.column(name) for name in ("code", "name", "parent", "until", "path")))


def upgrade() -> None:
    _divisions()
    _ways_to_sign_in()
    op.add_column("tokens", sa.Column("scope", sa.JSON))
    for before, now in KINDS.items():
        op.execute(
            sa.text("UPDATE organisations SET kind = :now WHERE kind = :before").bindparams(now=now, before=before)
        )
    op.create_index("ix_audit_log_actor_id", "audit_log", ["actor", "id"])
    op.create_index("ix_audit_log_organisation_id_id", "audit_log", ["organisation_id", "id"])


def _divisions() -> None:
    op.create_table(
        "divisions",
        sa.Column("code", sa.String(12), primary_key=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("parent", sa.String(12), sa.ForeignKey("divisions.code"), index=True),
        sa.Column("since", sa.Date),
        sa.Column("until", sa.Date),
        sa.Column("path", PATH, nullable=False, unique=True),
    )
    op.create_table(
        "organisation_divisions",
        sa.Column("organisation_id", BIG, sa.ForeignKey("organisations.id"), nullable=False),
        sa.Column("division_code", sa.String(12), sa.ForeignKey("divisions.code"), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "division_code"),
    )
    rows = list(_seed())
    known = {row["code"]: row["path"] for row in rows}
    parents = {row["code"]: row["parent"] for row in rows}
    connection = op.get_bind()
    used = {code for name in WITH_PLACE for code in connection.scalars(sa.text(f"SELECT division_code FROM {name}"))}  # noqa: S608
    for code in sorted(used - {""}, key=lambda code: (len(_prefix(code)), code)):
        if code not in known:
            above = next(one for one in _above(code) if one in known)
            known[code] = f"{known[above]}{code}/"
            rows.append({"code": code, "name": code, "parent": above, "until": None, "path": known[code]})
    connection.execute(DIVISIONS.insert(), rows)
    offices = connection.execute(sa.text("SELECT id, division_code FROM organisations")).all()
    covered = [
        {"organisation_id": office.id, "division_code": code}
        for office in offices
        for code in _covered(office.division_code or COUNTRY, parents)
    ]
    if covered:
        connection.execute(COVERED.insert(), covered)


def _covered(code: str, parents: dict[str, str | None]) -> set[str]:
    """What an organisation with this code saw before, as divisions of the tree: the code, and for one that is not in
    it whatever there began with the same pairs of digits."""
    if code in parents:
        return {code}
    begins = {one for one in parents if _prefix(one).startswith(_prefix(code))}
    return {code} | {one for one in begins if parents[one] not in begins}


def _seed() -> Iterator[dict[str, Any]]:
    """The rows of the tree in the file, parents first."""
    above: list[str] = []
    for line in TREE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            code, name, *ended = line.split()
            del above[len(line) - len(line.lstrip()) :]
            above.append(code)
            yield {
                "code": code,
                "name": name,
                "parent": above[-2] if len(above) > 1 else None,
                "until": date.fromisoformat(ended[0]) if ended else None,
                "path": "".join(f"{one}/" for one in above),
            }


def _prefix(code: str) -> str:
    """What a code that is not in the tree shared with all below it, by the rule that held before: pairs of digits."""
    for length, zeros in ((12, "000"), (9, "000"), (6, "00"), (4, "00"), (2, "00")):
        if len(code) == length and code.endswith(zeros):
            code = code[: -len(zeros)]
    return code


def _above(code: str) -> Iterator[str]:
    """What may lie above such a code, the nearest first."""
    prefix = _prefix(code)
    for length in (9, 6, 4, 2):
        above = prefix[:length].ljust(12 if length == 9 else 6, "0")
        if len(prefix) >= length and above != code:
            yield above
    yield COUNTRY


def _ways_to_sign_in() -> None:
    for column in (
        sa.Column("manages", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("login", sa.String(60)),
        sa.Column("password", sa.String(200)),
        sa.Column("totp_secret", sa.String(40)),
        sa.Column("totp_step", BIG, nullable=False, server_default="0"),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failed_ms", sa.BigInteger),
    ):
        op.add_column("users", column)
    op.create_index("ix_users_login", "users", ["login"], unique=True)
    op.create_table(
        "passkeys",
        sa.Column("id", BIG, primary_key=True, autoincrement=True),
        sa.Column("user_id", BIG, sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("credential_id", sa.LargeBinary(1023), nullable=False, unique=True),
        sa.Column("public_key", sa.LargeBinary(2000), nullable=False),
        sa.Column("sign_count", BIG, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("used_ms", sa.BigInteger),
    )
    op.create_table(
        "passkey_challenges",
        sa.Column("challenge", sa.LargeBinary(64), primary_key=True),
        sa.Column("user_id", BIG, sa.ForeignKey("users.id")),
        sa.Column("expires_ms", sa.BigInteger, nullable=False, index=True),
    )
    op.drop_table("sessions")  # whoever is signed in signs in again
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("user_id", BIG, sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("turn_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("turn_before_hash", sa.LargeBinary(32)),
        sa.Column("turned_ms", sa.BigInteger, nullable=False),
        sa.Column("setting_up", sa.Boolean, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
    )
    op.drop_table("sign_in_links")  # they live for an hour
    op.create_table(
        "sign_in_links",
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("user_id", BIG, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("purpose", sa.String(10), nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("used_ms", sa.BigInteger),
    )


def downgrade() -> None:
    op.drop_index("ix_audit_log_organisation_id_id", "audit_log")
    op.drop_index("ix_audit_log_actor_id", "audit_log")
    for before, now in KINDS.items():
        op.execute(
            sa.text("UPDATE organisations SET kind = :before WHERE kind = :now").bindparams(now=now, before=before)
        )
    op.drop_column("tokens", "scope")
    for name in ("sign_in_links", "sessions", "passkey_challenges", "passkeys", "organisation_divisions", "divisions"):
        op.drop_table(name)
    op.drop_index("ix_users_login", "users")
    for name in ("manages", "login", "password", "totp_secret", "totp_step", "failures", "failed_ms"):
        op.drop_column("users", name)
    op.create_table(
        "sign_in_links",
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.Column("used_ms", sa.BigInteger),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(32), primary_key=True),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("csrf_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("expires_ms", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
