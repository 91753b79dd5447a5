"""PostgreSQL: two foreign keys of what an import writes by the million are looked at once for all
rows of a statement, where a foreign key is looked at row by row: with the same locks, and refusing
the same.

Stars, and people with a calendar feed, are few: indexes hold them alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

KEYS = (
    ("stakeholders", "organisation_id", "organisations"),
    ("targets", "list_id", "target_lists"),
)

_MADE = (
    """
CREATE FUNCTION {name}_all() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lost bigint;
BEGIN
    -- Whoever deletes one of them waits for us, and then sees these rows.
    PERFORM FROM {parent} WHERE id IN (SELECT DISTINCT {column} FROM new_rows)
        ORDER BY id FOR KEY SHARE;
    SELECT wanted.id INTO lost
        FROM (SELECT DISTINCT {column} AS id FROM new_rows WHERE {column} IS NOT NULL) AS wanted
        WHERE NOT EXISTS (SELECT FROM {parent} WHERE {parent}.id = wanted.id) LIMIT 1;
    IF FOUND THEN
        RAISE foreign_key_violation USING CONSTRAINT = '{name}', TABLE = '{table}',
            MESSAGE = format('{table} of {column} %s: there is no such row in {parent}', lost);
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE FUNCTION {name}_one() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM {parent} WHERE id = new.{column} FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING CONSTRAINT = '{name}', TABLE = '{table}', MESSAGE =
            format('{table} of {column} %s: there is no such row in {parent}', new.{column});
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE FUNCTION {name}_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM {table} WHERE {column} = old.id)
        AND NOT EXISTS (SELECT FROM {parent} WHERE id = old.id) THEN
        RAISE foreign_key_violation USING CONSTRAINT = '{name}', TABLE = '{table}',
            MESSAGE = format('{parent} %s: rows in {table} are of it', old.id);
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER {name}_all AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION {name}_all()
""",
    """
CREATE TRIGGER {name}_one AFTER UPDATE OF {column} ON {table} FOR EACH ROW
    WHEN (new.{column} IS DISTINCT FROM old.{column} AND new.{column} IS NOT NULL)
    EXECUTE FUNCTION {name}_one()
""",
    """
CREATE TRIGGER {name}_gone AFTER DELETE OR UPDATE OF id ON {parent} FOR EACH ROW
    EXECUTE FUNCTION {name}_gone()
""",
)


def upgrade() -> None:
    op.drop_index("ix_targets_star", "targets")
    op.create_index(
        "ix_targets_star", "targets", ["list_id"],
        sqlite_where=sa.text("is_star = 1"), postgresql_where=sa.text("is_star"),
    )  # fmt: skip
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, column, parent in KEYS:
        name = f"fk_{table}_{column}"
        op.drop_constraint(name, table, type_="foreignkey")
        for statement in _MADE:
            op.execute(statement.format(name=name, table=table, column=column, parent=parent))


def downgrade() -> None:
    op.drop_index("ix_targets_star", "targets")
    op.create_index("ix_targets_star", "targets", ["is_star", "list_id"])
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, column, parent in KEYS:
        name = f"fk_{table}_{column}"
        for what, where in (("all", table), ("one", table), ("gone", parent)):
            op.execute(f"DROP TRIGGER {name}_{what} ON {where}")
            op.execute(f"DROP FUNCTION {name}_{what}()")
        op.create_foreign_key(name, table, parent, [column], ["id"])
