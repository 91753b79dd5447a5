"""Organisations wanted on a target list."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "organisation_targets",
        sa.Column("id", big, nullable=False),
        sa.Column("list_id", big, nullable=False),
        sa.Column("organisation_id", big, nullable=False),
        sa.Column("tier", sa.Integer(), server_default="2", nullable=False),
        sa.Column("rank", sa.Integer(), server_default="0", nullable=False),
        sa.Column("wave", sa.Integer(), server_default="1", nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("owner_id", big, nullable=True),
        sa.Column("decide_on", sa.Date(), nullable=True),
        sa.Column("most_members", sa.Integer(), server_default="6", nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["target_lists.id"], name=op.f("fk_organisation_targets_list_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_targets_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["accounts.id"], name=op.f("fk_organisation_targets_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_targets")),
        sa.UniqueConstraint(
            "list_id",
            "organisation_id",
            name=op.f("uq_organisation_targets_list_id_organisation_id"),
        ),
    )
    with op.batch_alter_table("organisation_targets", schema=None) as batch_op:
        batch_op.create_index("ix_organisation_targets_list_rank", ["list_id", "rank", "id"])
        batch_op.create_index(op.f("ix_organisation_targets_organisation_id"), ["organisation_id"])


def downgrade() -> None:
    op.drop_table("organisation_targets")
