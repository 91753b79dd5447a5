"""Members of a delegation as their focal point typed them: that page says no more of anyone.

Of members until now it is known what was typed where the person was made by being named; of others,
whom we knew before, only the address stands.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_TYPED = ("typed_name", "typed_address", "typed_office", "typed_gender")
_OF_PERSON = """
    SELECT {of} FROM stakeholders
    JOIN invitations ON invitations.stakeholder_id = stakeholders.id
    WHERE invitations.id = delegation_members.invitation_id
"""
_NEW = (
    " AND delegation_members.is_invited_by_it"
    " AND stakeholders.created_at = delegation_members.named_at"
)


def upgrade() -> None:
    with op.batch_alter_table("delegation_members") as table:
        for name in _TYPED:
            table.add_column(sa.Column(name, sa.Text(), server_default="", nullable=False))
    _copy("typed_address", _OF_PERSON.format(of="email"))
    for name in ("full_name", "office", "gender"):
        _copy(f"typed_{name.removeprefix('full_')}", _OF_PERSON.format(of=name) + _NEW)


def _copy(column: str, found: str) -> None:
    # Names of columns and tables of ours alone.
    op.execute(f"UPDATE delegation_members SET {column} = COALESCE(({found}), '')")


def downgrade() -> None:
    with op.batch_alter_table("delegation_members") as table:
        for name in _TYPED:
            table.drop_column(name)
