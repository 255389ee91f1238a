"""Administrative divisions: a tree with explicit parents, and which of them an organisation covers."""

from sqlalchemy import Column, Date, ForeignKey, PrimaryKeyConstraint, String, Table

from steelyard_cloud.db.schema._columns import metadata, reference

# Ranges of paths go by bytes; the collation of a PostgreSQL database may go by language.
Path = String(160).with_variant(String(160, collation="C"), "postgresql")

divisions = Table(
    "divisions",
    metadata,
    Column("code", String(12), primary_key=True),  # GB/T 2260 or 10114; "Z" and five digits where there is no number
    Column("name", String(60), nullable=False),
    Column("parent", String(12), ForeignKey("divisions.code"), nullable=True, index=True),  # none: the country
    Column("since", Date, nullable=True),  # none: from before the platform's record
    Column("until", Date, nullable=True),  # the day on which it ended; its parent is then what took it over
    Column("path", Path, nullable=False, unique=True),  # the codes from the country down to it, a "/" behind each
)

organisation_divisions = Table(
    "organisation_divisions",
    metadata,
    reference("organisation_id", "organisations"),
    Column("division_code", String(12), ForeignKey("divisions.code"), nullable=False),
    PrimaryKeyConstraint("organisation_id", "division_code"),
)
