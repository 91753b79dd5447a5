"""An answer about a seat that staff wrote down has its proof, too.

Going down loses what answers about seats rest on; the answers stay.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("proofs", schema=None) as batch_op:
        batch_op.alter_column("answer_id", existing_type=BIG, nullable=True)
        batch_op.add_column(sa.Column("seat_answer_id", BIG, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_proofs_seat_answer_id"), "seat_answers", ["seat_answer_id"], ["id"]
        )
        batch_op.create_unique_constraint(op.f("uq_proofs_seat_answer_id"), ["seat_answer_id"])


def downgrade() -> None:
    op.execute("DELETE FROM proofs WHERE answer_id IS NULL")
    with op.batch_alter_table("proofs", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_proofs_seat_answer_id"), type_="unique")
        batch_op.drop_constraint(op.f("fk_proofs_seat_answer_id"), type_="foreignkey")
        batch_op.drop_column("seat_answer_id")
        batch_op.alter_column("answer_id", existing_type=BIG, nullable=False)
