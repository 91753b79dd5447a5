"""A calendar's reply about a seat: which one, and who answered."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    with op.batch_alter_table("calendar_replies", schema=None) as batch_op:
        batch_op.add_column(sa.Column("offer_id", big, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_calendar_replies_offer_id"), "seat_offers", ["offer_id"], ["id"]
        )
        batch_op.create_index("ix_calendar_replies_offer", ["offer_id", "id"], unique=False)
    with op.batch_alter_table("seat_answers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("given_by", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("seat_answers", schema=None) as batch_op:
        batch_op.drop_column("given_by")
    with op.batch_alter_table("calendar_replies", schema=None) as batch_op:
        batch_op.drop_index("ix_calendar_replies_offer")
        batch_op.drop_constraint(op.f("fk_calendar_replies_offer_id"), type_="foreignkey")
        batch_op.drop_column("offer_id")
