"""Base, the column types of our own, and how constraints are named."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any
from zlib import crc32

from sqlalchemy import JSON, BigInteger, Date, DateTime, Enum, Integer, MetaData, Text, text
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, mapped_column, registry
from sqlalchemy.types import TypeDecorator

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits everywhere: SQLite only counts up by itself on INTEGER, which has 64 bits there."""


class UTCDateTime(TypeDecorator[datetime]):
    """An aware instant; SQLite forgets zones, so it is kept in UTC and handed back as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _values(enum: type[StrEnum]) -> list[str]:
    return [member.value for member in enum]


Key = Annotated[int, mapped_column(BigId, primary_key=True)]
Code = Annotated[str, mapped_column(Text)]
LinkKey = Annotated[str, mapped_column(Text, unique=True)]
"""32 hexadecimal digits; see `outreach.tokens`."""
Zero = Annotated[int, mapped_column(Integer, server_default=text("0"), default=0)]
No = Annotated[bool, mapped_column(server_default=text("false"), default=False)]

UNHELD = {"held": "sqlite"}
"""Of a foreign key that PostgreSQL does without: there it is a trigger for each row written, and
such rows come by the million. The audit looks for those that point at nothing."""
AT_ONCE = {"held": "sqlite"}
"""Of one that PostgreSQL keeps by triggers of ours, which look once for all rows of a statement."""


class Base(DeclarativeBase):
    """What every table shares."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            str: Text(),
            datetime: UTCDateTime(),
            date: Date(),
            dict[str, Any]: JSON(),
            list[str]: JSON(),
            list[Any]: JSON(),
            StrEnum: Enum(
                StrEnum,
                native_enum=False,
                create_constraint=False,
                length=32,
                values_callable=_values,
            ),
        },
    )


def mark_of(*said: Any) -> int:
    """Another number once anything of what a person edits is another."""
    return crc32(repr(said).encode()) % 10**9
