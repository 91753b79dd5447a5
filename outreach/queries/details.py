"""Details: what is kept of a person beside their own row."""

from sqlalchemy import select

from outreach.db import reading
from outreach.describing import Details
from outreach.models.custom_field import CustomSubject
from outreach.models.form_of_address import FormOfAddress
from outreach.models.kind import StakeholderKind
from outreach.models.phone import Phone
from outreach.models.tag import StakeholderTag, Tag
from outreach.queries.custom_fields import custom_values


def details_of(stakeholder_id: int) -> Details:
    """Phones, kinds, tags, forms of address and own fields. Five SELECTs by index."""
    session = reading()
    phones = session.execute(
        select(Phone.number, Phone.number_key, Phone.label)
        .where(Phone.stakeholder_id == stakeholder_id)
        .order_by(Phone.is_preferred.desc(), Phone.id)
    )
    kinds = session.scalars(
        select(StakeholderKind.kind)
        .where(StakeholderKind.stakeholder_id == stakeholder_id)
        .order_by(StakeholderKind.kind)
    )
    tags = session.scalars(
        select(Tag.name)
        .join(StakeholderTag, StakeholderTag.tag_id == Tag.id)
        .where(StakeholderTag.stakeholder_id == stakeholder_id)
        .order_by(Tag.name_key)
    )
    forms = session.execute(
        select(FormOfAddress.language, FormOfAddress.title, FormOfAddress.salutation).where(
            FormOfAddress.stakeholder_id == stakeholder_id
        )
    )
    return Details(
        phones=[(row.number, row.number_key, row.label) for row in phones],
        kinds=list(kinds),
        tags=list(tags),
        forms={row.language: (row.title, row.salutation) for row in forms},
        custom=custom_values(CustomSubject.PERSON, [stakeholder_id]).get(stakeholder_id, {}),
    )


def all_tags() -> list[str]:
    """Every tag, by name, to choose from; 500 at the most. Cost: the tags."""
    return list(reading().scalars(select(Tag.name).order_by(Tag.name_key).limit(500)))
