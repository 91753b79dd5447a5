"""Fewer indexes and no foreign keys on the rows that freezing writes by the million.

One unique index of messages by (person, step) does what two did; mails of no step have a small one.
Of invitations only those that were merged stand in that index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_OF_INVITATIONS = ("delegate_id", "delegated_by_id", "merged_into_id")


def upgrade() -> None:
    with op.batch_alter_table("messages") as batch_op:
        batch_op.drop_constraint("fk_messages_offer_id", type_="foreignkey")
        batch_op.drop_index("ix_messages_stakeholder")
        batch_op.drop_constraint("uq_messages_step_id_stakeholder_id", type_="unique")
        batch_op.create_unique_constraint(
            "uq_messages_stakeholder_id_step_id", ["stakeholder_id", "step_id"]
        )
    where = sa.text("step_id IS NULL")
    op.create_index(
        "ix_messages_single", "messages", ["id"], sqlite_where=where, postgresql_where=where
    )
    with op.batch_alter_table("invitations") as batch_op:
        for name in _OF_INVITATIONS:
            batch_op.drop_constraint(f"fk_invitations_{name}", type_="foreignkey")
        batch_op.drop_index("ix_invitations_merged_into_id")
    where = sa.text("merged_into_id IS NOT NULL")
    op.create_index(
        "ix_invitations_merged", "invitations", ["merged_into_id"],
        sqlite_where=where, postgresql_where=where,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_invitations_merged", "invitations")
    with op.batch_alter_table("invitations") as batch_op:
        batch_op.create_index("ix_invitations_merged_into_id", ["merged_into_id"])
        for name in _OF_INVITATIONS:
            batch_op.create_foreign_key(f"fk_invitations_{name}", "invitations", [name], ["id"])
    op.drop_index("ix_messages_single", "messages")
    with op.batch_alter_table("messages") as batch_op:
        batch_op.drop_constraint("uq_messages_stakeholder_id_step_id", type_="unique")
        batch_op.create_unique_constraint(
            "uq_messages_step_id_stakeholder_id", ["step_id", "stakeholder_id"]
        )
        batch_op.create_index("ix_messages_stakeholder", ["stakeholder_id", "id"])
        batch_op.create_foreign_key("fk_messages_offer_id", "seat_offers", ["offer_id"], ["id"])
