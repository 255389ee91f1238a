"""What the three verdicts on a scale rest on, as the platform has it: for `judge.checks`, as an evidence file is."""

from sqlalchemy import Connection, select

from steelyard_cloud.db.schema import identities
from steelyard_cloud.judge.checks.material import Identity, Material, Origin, Signatures
from steelyard_cloud.scales import facts
from steelyard_cloud.scales.queries import ScaleInScope
from steelyard_cloud.statements import queries as statement_queries


def material(connection: Connection, scale: ScaleInScope, *, root: bytes | None, now_ms: int) -> Material:
    """All of it; whoever reads a page of the platform trusts its root, whose thumbprint (32 bytes) is `root` if known.

    Only what is authentic is stored, so no signature can be bad here.
    """
    keys = select(identities.c.public_key, identities.c.enrolment).where(identities.c.scale_id == scale.id)
    _, summaries = statement_queries.summaries_of(connection, scale.id)
    linked = sum(one.bad_signatures.count + sum(last - first + 1 for first, last in one.unchecked) for one in summaries)
    stored = sum(one.stored for one in summaries)
    return Material(
        now_ms=now_ms,
        origin=Origin(root=root, trusted=True) if root else None,
        identities=[Identity(*row) for row in connection.execute(keys.order_by(identities.c.id))],
        names={
            "maker": scale.maker,
            "model": scale.model,
            "serial number": scale.serial_number,
            "production code": scale.production_code,
            "public code": scale.code,
        },
        signatures=Signatures(own=stored - linked, linked=linked) if stored else None,
        summaries=summaries,
        facts=facts.load(connection, scale.id).facts,
    )
