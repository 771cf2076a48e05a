"""How a table is declared: what every column and table of ours has in common."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, MetaData, Table, Text, text

metadata = MetaData()


def words(name: str, *, null: bool = False, key: bool = False, unique: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null, primary_key=key, unique=unique or None)


def at(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


def whole(name: str, *, null: bool = False, key: bool = False) -> Column[int]:
    return Column(name, Integer, nullable=null, primary_key=key, autoincrement=False)


def only_one(name: str, column: str, *, where: str) -> Index:
    """At most one row for a value of `column` among those that `where` names."""
    return Index(name, column, unique=True, sqlite_where=text(where), postgresql_where=text(where))


def one_of(name: str, column: str, *values: str) -> CheckConstraint:
    """The database itself keeps a column to these values."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


def table(name: str, *columns: Column[str] | Column[int] | Index | CheckConstraint) -> Table:
    return Table(name, metadata, *columns, sqlite_with_rowid=False)
