"""An import is a job with a place in its file; what each chunk did is kept, to be taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WORK = sa.text("state IN ('checking', 'waiting', 'applying', 'undoing')")


def added() -> list[sa.Column]:
    return [
        sa.Column("shape", sa.Text(), server_default="", nullable=False),
        sa.Column("rules", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("is_whole", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column(
            "takes_addressless", sa.Boolean(), server_default=sa.text("(false)"), nullable=False
        ),
        sa.Column("looks", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("row_estimate", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_key", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("suggested_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kept_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("kept", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "import_chunks",
        sa.Column("id", BIG, nullable=False),
        sa.Column("import_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name=op.f("fk_import_chunks_import_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_chunks")),
        sa.UniqueConstraint("import_id", "number", name=op.f("uq_import_chunks_import_id_number")),
    )
    with op.batch_alter_table("imports") as batch_op:
        for column in added():
            batch_op.add_column(column)
        batch_op.add_column(sa.Column("undone_by_id", BIG, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_imports_undone_by_id"), "accounts", ["undone_by_id"], ["id"]
        )
        batch_op.create_index("ix_imports_shape", ["shape", "id"])
        batch_op.create_index(
            "ix_imports_work", ["state"], sqlite_where=WORK, postgresql_where=WORK
        )


def downgrade() -> None:
    with op.batch_alter_table("imports") as batch_op:
        batch_op.drop_index("ix_imports_work")
        batch_op.drop_index("ix_imports_shape")
        batch_op.drop_constraint(op.f("fk_imports_undone_by_id"), type_="foreignkey")
        batch_op.drop_column("undone_by_id")
        for column in reversed(added()):
            batch_op.drop_column(column.name)
    op.drop_table("import_chunks")
