"""Delegations, which a focal point names, and their members.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "delegations",
        sa.Column("id", BIG, nullable=False),
        sa.Column("event_id", BIG, nullable=False),
        sa.Column("organisation_id", BIG, nullable=False),
        sa.Column("group_id", BIG, nullable=False),
        sa.Column("focal_point_id", BIG, nullable=False),
        sa.Column("authorised_by", sa.Text(), server_default="", nullable=False),
        sa.Column("authorised_on", sa.Date(), nullable=True),
        sa.Column("most_members", sa.Integer(), nullable=False),
        sa.Column("name_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("link_key", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_delegations_event_id"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name="fk_delegations_organisation_id"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["constituent_groups.id"], name="fk_delegations_group_id"
        ),
        sa.ForeignKeyConstraint(
            ["focal_point_id"], ["stakeholders.id"], name="fk_delegations_focal_point_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_delegations"),
        sa.UniqueConstraint(
            "event_id", "organisation_id", name="uq_delegations_event_id_organisation_id"
        ),
        sa.UniqueConstraint("link_key", name="uq_delegations_link_key"),
    )
    op.create_index("ix_delegations_organisation_id", "delegations", ["organisation_id"])
    op.create_index("ix_delegations_focal_point_id", "delegations", ["focal_point_id"])
    op.create_table(
        "delegation_members",
        sa.Column("id", BIG, nullable=False),
        sa.Column("delegation_id", BIG, nullable=False),
        sa.Column("invitation_id", BIG, nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("is_invited_by_it", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["delegation_id"], ["delegations.id"], name="fk_delegation_members_delegation_id"
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.id"], name="fk_delegation_members_invitation_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_delegation_members"),
        sa.UniqueConstraint(
            "delegation_id",
            "invitation_id",
            name="uq_delegation_members_delegation_id_invitation_id",
        ),
    )
    op.create_index("ix_delegation_members_invitation_id", "delegation_members", ["invitation_id"])
    op.add_column("messages", sa.Column("delegation_id", BIG, nullable=True))


def downgrade() -> None:
    op.drop_column("messages", "delegation_id")
    op.drop_table("delegation_members")
    op.drop_table("delegations")
