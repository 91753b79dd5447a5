"""The form of an organisation, with its standing at the conference and the team's own fields."""

from typing import Any

from wtforms import DateField, SelectChoice, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from outreach.actions.organisations import Admission, Particulars
from outreach.intake.countries import read_country
from outreach.intake.lines import Unread, many_lines, one_line
from outreach.models.conference import LegalStatus
from outreach.models.custom_field import CustomSubject
from outreach.queries.conferences import groups, regions
from outreach.queries.organisations import OrganisationPage, StandingAt, organisation_named
from outreach.web.staff.edit_form import CustomFields, with_custom_fields
from outreach.web.staff.meanwhile import SeenForm
from outreach.web.staff.person_form import ENGLISH, LANGUAGES, NOT_KNOWN

STATUSES = [SelectChoice("", "As its group"),
            *(SelectChoice(one.value, one.value.capitalize()) for one in LegalStatus)]  # fmt: skip
NOWHERE = SelectChoice("", "None")


class OrganisationForm(CustomFields, SeenForm):
    """What is known of an organisation."""

    name = StringField("Name", [InputRequired("Type the name."), Length(max=300)])
    country = StringField(
        "Country", [Length(max=100)], description="Its name or its code of two letters."
    )
    language = SelectField("Language of its mail", default="")
    parent = StringField(
        "Part of", [Length(max=300)], description="The organisation above it, by its name."
    )
    group = SelectField("Constituent group", default="")
    region = SelectField("Region", default="")
    conference_country = StringField(
        "Country at this conference", [Length(max=100)],
        description="Where it counts as another than its own.",
    )  # fmt: skip
    legal_status = SelectField("Admitted as", choices=STATUSES, default="")
    external_id = StringField("Number in another system", [Length(max=200)])
    notes = TextAreaField("Notes", [Length(max=10_000)])

    def offer(self, conference_id: int | None) -> None:
        """The choices of this conference."""
        names = [SelectChoice(code, ENGLISH.languages[code]) for code in LANGUAGES]
        self.language.choices = [NOT_KNOWN, *names]
        if self.language.data and self.language.data not in LANGUAGES:
            code = self.language.data
            self.language.choices.append(SelectChoice(code, ENGLISH.languages.get(code, code)))
        self.group.choices = [NOWHERE, *(SelectChoice(str(one.id), one.name) for one in groups())]
        there = regions(conference_id) if conference_id else []
        self.region.choices = [NOWHERE, *(SelectChoice(str(id_), name) for id_, _, name in there)]

    def fill(self, known: OrganisationPage, standing: StandingAt | None, own: Any) -> None:
        """Show what is known, and remember it."""
        self.name.data, self.notes.data = known.name, known.notes
        self.country.data = _country_name(known.country_code)
        self.language.data, self.parent.data = known.language or "", known.parent or ""
        self.external_id.data = known.external_id or ""
        if standing is not None:
            self.group.data = str(standing.group_id or "")
            self.region.data = str(standing.region_id or "")
            self.conference_country.data = _country_name(standing.country_code)
            self.legal_status.data = standing.legal_status.value if standing.legal_status else ""
        self.fill_own(own)
        self.remember(known.version)

    def particulars(self) -> Particulars | None:
        """What it says; None when something cannot be read, which the fields then say."""
        own, parent = self.own_values(), " ".join((self.parent.data or "").split())
        parent_id = organisation_named(parent) if parent else None
        if parent and parent_id is None:
            self.parent.errors = ["No organisation of this name is known. Write it down first."]
        name, number = self._line(self.name), self._line(self.external_id)
        notes = self._line(self.notes, many_lines)
        countries = [self._country(self.country), self._country(self.conference_country)]
        lines = (self.parent, self.name, self.external_id, self.notes)
        if (
            own is None
            or any(field.errors for field in lines)
            or any(found is False for found in countries)
        ):
            return None
        return Particulars(
            name=" ".join(name.split()), country_code=countries[0] or None,
            language=self.language.data or None, parent_id=parent_id,
            notes=notes, external_id=number or None, custom=own,
        )  # fmt: skip

    def admission(self, conference_id: int | None) -> Admission | None:
        """What it says of the standing at a conference."""
        if conference_id is None:
            return None
        status = self.legal_status.data
        return Admission(
            conference_id=conference_id,
            group_id=int(self.group.data) if self.group.data else None,
            region_id=int(self.region.data) if self.region.data else None,
            country_code=self._country(self.conference_country) or None,
            legal_status=LegalStatus(status) if status else None,
        )

    def _line(self, field: Any, read: Any = one_line) -> str:
        """As an import reads it; what nobody should type the field then says."""
        try:
            text: str = read(field.data or "")[0]
        except Unread as refusal:
            field.errors = [f"This {refusal}."]
            return ""
        return text

    def _country(self, field: StringField) -> Any:
        """The code; False for a name that is not known, which the field then says."""
        text = (field.data or "").strip()
        code = read_country(text) if text else ""
        if code is None:
            field.errors = [f"“{text[:60]}” is not a known country."]
        return False if code is None else code


class FocalPointForm(SeenForm):
    """Who speaks for an organisation, and who authorised that."""

    person = SelectField("Who speaks for it", [InputRequired("Choose a person.")])
    authorised_by = StringField(
        "Authorised by", [InputRequired("Say who authorised it."), Length(max=300)],
        description="A person, or a letter with its number: note verbale 12/2026.",
    )  # fmt: skip
    authorised_on = DateField("On", [InputRequired("Choose the day.")])


def organisation_form(conference_id: int | None) -> Any:
    """The form of an organisation as this conference has it."""
    form = with_custom_fields(OrganisationForm, CustomSubject.ORGANISATION)()
    form.offer(conference_id)
    return form


def _country_name(code: str | None) -> str:
    return ENGLISH.territories.get(code, code) if code else ""
