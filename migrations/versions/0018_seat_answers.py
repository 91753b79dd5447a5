"""Every answer about a seat is kept, and a calendar that holds the seat learns of changes."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "seat_answers",
        sa.Column("id", big, nullable=False),
        sa.Column("offer_id", big, nullable=False),
        sa.Column("reply", sa.String(32), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["seat_offers.id"], name=op.f("fk_seat_answers_offer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_answers")),
    )
    with op.batch_alter_table("seat_answers", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_seat_answers_offer_id"), ["offer_id"], unique=False)
    with op.batch_alter_table("seat_offers", schema=None) as batch_op:
        for name in ("sequence", "told_sequence"):
            batch_op.add_column(
                sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)
            )
    op.execute(
        "INSERT INTO seat_answers (offer_id, reply, note, given_at, channel) "
        "SELECT id, state, note, answered_at, 'link' FROM seat_offers "
        "WHERE state IN ('accepted', 'declined') AND answered_at IS NOT NULL ORDER BY id"
    )
    # Who sits there already is not told of changes that were made long ago.
    op.execute(
        "UPDATE seat_offers SET told_sequence = (SELECT events.sequence FROM events "
        "JOIN tracks ON tracks.event_id = events.id JOIN seats ON seats.track_id = tracks.id "
        "WHERE seats.id = seat_offers.seat_id)"
    )


def downgrade() -> None:
    with op.batch_alter_table("seat_offers", schema=None) as batch_op:
        batch_op.drop_column("told_sequence")
        batch_op.drop_column("sequence")
    op.drop_table("seat_answers")
