"""What the tables share: their metadata and the columns that many of them have."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives automatic keys to INTEGER PRIMARY KEY alone.
Big = BigInteger().with_variant(Integer(), "sqlite")


def key() -> Column[int]:
    """The table's own key, given by the database."""
    return Column("id", Big, primary_key=True, autoincrement=True)


def reference(name: str, target: str, *, nullable: bool = False, index: bool = False) -> Column[int]:
    """A foreign key to the `id` of another table."""
    return Column(name, Big, ForeignKey(f"{target}.id"), nullable=nullable, index=index)


def unix_ms(name: str, *, nullable: bool = False) -> Column[int]:
    """A time by the platform's clock, Unix milliseconds."""
    return Column(name, BigInteger, nullable=nullable)
