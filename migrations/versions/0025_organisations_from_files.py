"""A file may bring organisations instead of people for a list; where they get their standing."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("imports") as batch_op:
        batch_op.alter_column("list_id", existing_type=BIG, nullable=True)
        batch_op.add_column(sa.Column("conference_id", BIG, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_imports_conference_id"), "conferences", ["conference_id"], ["id"]
        )


def downgrade() -> None:
    op.execute(
        "DELETE FROM import_chunks"
        " WHERE import_id IN (SELECT id FROM imports WHERE list_id IS NULL)"
    )
    op.execute("DELETE FROM imports WHERE list_id IS NULL")
    with op.batch_alter_table("imports") as batch_op:
        batch_op.drop_constraint(op.f("fk_imports_conference_id"), type_="foreignkey")
        batch_op.drop_column("conference_id")
        batch_op.alter_column("list_id", existing_type=BIG, nullable=False)
