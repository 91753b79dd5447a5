"""What belongs to people and organisations: phones, kinds, tags, custom fields, offices."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "custom_fields",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("choices", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_fields")),
        sa.UniqueConstraint("code", name=op.f("uq_custom_fields_code")),
    )
    op.create_table(
        "offices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("category", sa.String(32), nullable=True),
        sa.Column("precedence", sa.Integer(), server_default="1000", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offices")),
        sa.UniqueConstraint("name_key", name=op.f("uq_offices_name_key")),
    )
    op.create_table(
        "tags",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("name_key", name=op.f("uq_tags_name_key")),
    )
    op.create_table(
        "custom_values",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("field_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "stakeholder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("text_key", sa.Text(), nullable=True),
        sa.Column("number", sa.Double(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("is_yes", sa.Boolean(), nullable=True),
        sa.CheckConstraint(
            "(stakeholder_id IS NULL) <> (organisation_id IS NULL)",
            name=op.f("ck_custom_values_one_owner"),
        ),
        sa.ForeignKeyConstraint(
            ["field_id"], ["custom_fields.id"], name=op.f("fk_custom_values_field_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_custom_values_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholders.id"], name=op.f("fk_custom_values_stakeholder_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custom_values")),
        sa.UniqueConstraint(
            "organisation_id", "field_id", name=op.f("uq_custom_values_organisation_id_field_id")
        ),
        sa.UniqueConstraint(
            "stakeholder_id", "field_id", name=op.f("uq_custom_values_stakeholder_id_field_id")
        ),
    )
    with op.batch_alter_table("custom_values", schema=None) as batch_op:
        batch_op.create_index("ix_custom_values_day", ["field_id", "day"], unique=False)
        batch_op.create_index("ix_custom_values_number", ["field_id", "number"], unique=False)
        batch_op.create_index("ix_custom_values_text", ["field_id", "text_key"], unique=False)
        batch_op.create_index("ix_custom_values_yes", ["field_id", "is_yes"], unique=False)

    op.create_table(
        "focal_points",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "conference_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "stakeholder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("authorised_by", sa.Text(), nullable=False),
        sa.Column("authorised_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conference_id"], ["conferences.id"], name=op.f("fk_focal_points_conference_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_focal_points_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["accounts.id"], name=op.f("fk_focal_points_recorded_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholders.id"], name=op.f("fk_focal_points_stakeholder_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_focal_points")),
    )
    with op.batch_alter_table("focal_points", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_focal_points_stakeholder_id"), ["stakeholder_id"], unique=False
        )
        batch_op.create_index(
            "uq_focal_points_current",
            ["organisation_id", "conference_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "forms_of_address",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "stakeholder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("salutation", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholders.id"], name=op.f("fk_forms_of_address_stakeholder_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forms_of_address")),
        sa.UniqueConstraint(
            "stakeholder_id", "language", name=op.f("uq_forms_of_address_stakeholder_id_language")
        ),
    )
    op.create_table(
        "notes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "stakeholder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "written_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_notes_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholders.id"], name=op.f("fk_notes_stakeholder_id")
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["accounts.id"], name=op.f("fk_notes_written_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_notes_organisation",
            ["organisation_id", "id"],
            unique=False,
            sqlite_where=sa.text("organisation_id IS NOT NULL"),
            postgresql_where=sa.text("organisation_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_notes_stakeholder",
            ["stakeholder_id", "id"],
            unique=False,
            sqlite_where=sa.text("stakeholder_id IS NOT NULL"),
            postgresql_where=sa.text("stakeholder_id IS NOT NULL"),
        )

    op.create_table(
        "phones",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "stakeholder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("number_key", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("is_preferred", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholders.id"], name=op.f("fk_phones_stakeholder_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phones")),
        sa.UniqueConstraint(
            "stakeholder_id", "number_key", name=op.f("uq_phones_stakeholder_id_number_key")
        ),
    )
    with op.batch_alter_table("phones", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_phones_number_key"), ["number_key"], unique=False)

    op.create_table(
        "stakeholder_kinds",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "stakeholder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"],
            ["stakeholders.id"],
            name=op.f("fk_stakeholder_kinds_stakeholder_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stakeholder_kinds")),
        sa.UniqueConstraint(
            "stakeholder_id", "kind", name=op.f("uq_stakeholder_kinds_stakeholder_id_kind")
        ),
    )
    with op.batch_alter_table("stakeholder_kinds", schema=None) as batch_op:
        batch_op.create_index("ix_stakeholder_kinds_kind", ["kind", "stakeholder_id"], unique=False)

    op.create_table(
        "stakeholder_tags",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "stakeholder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("tag_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholders.id"], name=op.f("fk_stakeholder_tags_stakeholder_id")
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_stakeholder_tags_tag_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stakeholder_tags")),
        sa.UniqueConstraint(
            "stakeholder_id", "tag_id", name=op.f("uq_stakeholder_tags_stakeholder_id_tag_id")
        ),
    )
    with op.batch_alter_table("stakeholder_tags", schema=None) as batch_op:
        batch_op.create_index("ix_stakeholder_tags_tag", ["tag_id", "stakeholder_id"], unique=False)

    with op.batch_alter_table("activities", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "organisation_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
            )
        )
        batch_op.create_index(
            "ix_activities_organisation",
            ["organisation_id", "id"],
            unique=False,
            sqlite_where=sa.text("organisation_id IS NOT NULL"),
            postgresql_where=sa.text("organisation_id IS NOT NULL"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_activities_organisation_id"),
            "organisations",
            ["organisation_id"],
            ["id"],
        )

    with op.batch_alter_table("answering_addresses", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "gets_copies", sa.Boolean(), server_default=sa.text("(false)"), nullable=False
            )
        )

    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(sa.Column("notes", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("external_id", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.add_column(sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_organisations_external_id",
            ["external_id"],
            unique=False,
            sqlite_where=sa.text("external_id IS NOT NULL"),
            postgresql_where=sa.text("external_id IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_organisations_parent_id"), ["parent_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_organisations_parent_id"), "organisations", ["parent_id"], ["id"]
        )

    with op.batch_alter_table("stakeholders", schema=None) as batch_op:
        batch_op.add_column(sa.Column("protocol_category", sa.String(32), nullable=True))
        batch_op.add_column(
            sa.Column("precedence", sa.Integer(), server_default="1000", nullable=False)
        )
        batch_op.add_column(
            sa.Column(
                "is_protocol_by_hand",
                sa.Boolean(),
                server_default=sa.text("(false)"),
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("pronouns", sa.Text(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("time_zone", sa.Text(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))
        batch_op.create_index(
            "ix_stakeholders_owner",
            ["owner_id", "name_key"],
            unique=False,
            sqlite_where=sa.text("owner_id IS NOT NULL"),
            postgresql_where=sa.text("owner_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_stakeholders_precedence",
            ["precedence", "name_key"],
            unique=False,
            sqlite_where=sa.text("protocol_category IS NOT NULL"),
            postgresql_where=sa.text("protocol_category IS NOT NULL"),
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_stakeholders_owner_id"), "accounts", ["owner_id"], ["id"]
        )

    with op.batch_alter_table("standings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("country_code", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("legal_status", sa.String(32), nullable=True))

    with op.batch_alter_table("target_lists", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), server_default="1", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("target_lists", schema=None) as batch_op:
        batch_op.drop_column("version")

    with op.batch_alter_table("standings", schema=None) as batch_op:
        batch_op.drop_column("legal_status")
        batch_op.drop_column("country_code")

    with op.batch_alter_table("stakeholders", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_stakeholders_owner_id"), type_="foreignkey")
        batch_op.drop_index(
            "ix_stakeholders_precedence",
            sqlite_where=sa.text("protocol_category IS NOT NULL"),
            postgresql_where=sa.text("protocol_category IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_stakeholders_owner",
            sqlite_where=sa.text("owner_id IS NOT NULL"),
            postgresql_where=sa.text("owner_id IS NOT NULL"),
        )
        batch_op.drop_column("version")
        batch_op.drop_column("owner_id")
        batch_op.drop_column("time_zone")
        batch_op.drop_column("pronouns")
        batch_op.drop_column("is_protocol_by_hand")
        batch_op.drop_column("precedence")
        batch_op.drop_column("protocol_category")

    with op.batch_alter_table("organisations", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_organisations_parent_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_organisations_parent_id"))
        batch_op.drop_index(
            "ix_organisations_external_id",
            sqlite_where=sa.text("external_id IS NOT NULL"),
            postgresql_where=sa.text("external_id IS NOT NULL"),
        )
        batch_op.drop_column("changed_at")
        batch_op.drop_column("version")
        batch_op.drop_column("external_id")
        batch_op.drop_column("notes")
        batch_op.drop_column("parent_id")

    with op.batch_alter_table("answering_addresses", schema=None) as batch_op:
        batch_op.drop_column("gets_copies")

    with op.batch_alter_table("activities", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_activities_organisation_id"), type_="foreignkey")
        batch_op.drop_index(
            "ix_activities_organisation",
            sqlite_where=sa.text("organisation_id IS NOT NULL"),
            postgresql_where=sa.text("organisation_id IS NOT NULL"),
        )
        batch_op.drop_column("organisation_id")

    with op.batch_alter_table("stakeholder_tags", schema=None) as batch_op:
        batch_op.drop_index("ix_stakeholder_tags_tag")

    op.drop_table("stakeholder_tags")
    with op.batch_alter_table("stakeholder_kinds", schema=None) as batch_op:
        batch_op.drop_index("ix_stakeholder_kinds_kind")

    op.drop_table("stakeholder_kinds")
    with op.batch_alter_table("phones", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_phones_number_key"))

    op.drop_table("phones")
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_notes_stakeholder",
            sqlite_where=sa.text("stakeholder_id IS NOT NULL"),
            postgresql_where=sa.text("stakeholder_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_notes_organisation",
            sqlite_where=sa.text("organisation_id IS NOT NULL"),
            postgresql_where=sa.text("organisation_id IS NOT NULL"),
        )

    op.drop_table("notes")
    op.drop_table("forms_of_address")
    with op.batch_alter_table("focal_points", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_focal_points_current",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_focal_points_stakeholder_id"))

    op.drop_table("focal_points")
    with op.batch_alter_table("custom_values", schema=None) as batch_op:
        batch_op.drop_index("ix_custom_values_yes")
        batch_op.drop_index("ix_custom_values_text")
        batch_op.drop_index("ix_custom_values_number")
        batch_op.drop_index("ix_custom_values_day")

    op.drop_table("custom_values")
    op.drop_table("tags")
    op.drop_table("offices")
    op.drop_table("custom_fields")
