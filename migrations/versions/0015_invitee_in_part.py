"""Coming in part, letters to download, and answers that the team confirms."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column(
        "events", sa.Column("parts_asked", sa.String(32), server_default="whole", nullable=False)
    )
    op.add_column(
        "invitations",
        sa.Column(
            "is_to_be_confirmed", sa.Boolean(), server_default=sa.text("(false)"), nullable=False
        ),
    )
    op.create_index(
        "ix_invitations_to_be_confirmed",
        "invitations",
        ["answered_at"],
        sqlite_where=sa.text("is_to_be_confirmed"),
        postgresql_where=sa.text("is_to_be_confirmed"),
    )
    op.create_table(
        "letters",
        sa.Column("id", big, nullable=False),
        sa.Column("event_id", big, nullable=False),
        sa.Column("group_id", big, nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("stored_name", sa.Text(), nullable=False),
        sa.Column("bytes_count", sa.Integer(), nullable=False),
        sa.Column("account_id", big, nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_letters_event_id")),
        sa.ForeignKeyConstraint(
            ["group_id"], ["constituent_groups.id"], name=op.f("fk_letters_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_letters_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
    )
    op.create_index("ix_letters_event", "letters", ["event_id", "group_id"])
    op.create_table(
        "campaign_vips",
        sa.Column("id", big, nullable=False),
        sa.Column("campaign_id", big, nullable=False),
        sa.Column("stakeholder_id", big, nullable=False),
        sa.Column("account_id", big, nullable=True),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_vips_campaign_id")
        ),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholders.id"], name=op.f("fk_campaign_vips_stakeholder_id")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_campaign_vips_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_vips")),
        sa.UniqueConstraint(
            "campaign_id",
            "stakeholder_id",
            name=op.f("uq_campaign_vips_campaign_id_stakeholder_id"),
        ),
    )
    op.create_index(op.f("ix_campaign_vips_stakeholder_id"), "campaign_vips", ["stakeholder_id"])


def downgrade() -> None:
    op.drop_table("campaign_vips")
    op.drop_table("letters")
    op.drop_index("ix_invitations_to_be_confirmed", "invitations")
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.drop_column("is_to_be_confirmed")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_column("parts_asked")
