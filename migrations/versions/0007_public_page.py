"""The public page of a conference, and those who ask there to be invited."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "conference_pages",
        sa.Column("id", _ID, nullable=False),
        sa.Column("conference_id", _ID, nullable=False),
        sa.Column("published_at", _AT, nullable=True),
        sa.Column("takes_requests", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("about", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conferences.id"], name=op.f("fk_conference_pages_conference_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conference_pages")),
        sa.UniqueConstraint("conference_id", name=op.f("uq_conference_pages_conference_id")),
    )
    op.create_table(
        "nominations",
        sa.Column("id", _ID, nullable=False),
        sa.Column("conference_id", _ID, nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), server_default="", nullable=False),
        sa.Column("organisation", sa.Text(), server_default="", nullable=False),
        sa.Column("country_code", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("network", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", _AT, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open", "accepted", "declined", "duplicate", name="nominationstate",
                native_enum=False, length=32,
            ),
            server_default="open",
            nullable=False,
        ),
        sa.Column("decided_at", _AT, nullable=True),
        sa.Column("decided_by_id", _ID, nullable=True),
        sa.Column("decision", sa.Text(), server_default="", nullable=False),
        sa.Column("stakeholder_id", _ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conferences.id"], name=op.f("fk_nominations_conference_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["accounts.id"], name=op.f("fk_nominations_decided_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholders.id"], name=op.f("fk_nominations_stakeholder_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nominations")),
    )  # fmt: skip
    op.create_index("ix_nominations_state", "nominations", ["state", "id"])
    op.create_index("ix_nominations_asked", "nominations", ["conference_id", "email_key"])
    op.create_index("ix_nominations_network", "nominations", ["network", "created_at"])


def downgrade() -> None:
    op.drop_table("nominations")
    op.drop_table("conference_pages")
