"""The form of a person: read by the same rules as a row of a file."""

from collections.abc import Iterator
from typing import Any

from babel import Locale
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length

from outreach.intake.people import PersonReader, PersonRow, Problem, RefusedRow
from outreach.intake.spreadsheet import Row
from outreach.queries.stakeholders import Person

ENGLISH = Locale("en")
LANGUAGES = ("ar", "zh", "en", "fr", "ru", "es")
NOT_KNOWN = SelectChoice("", "Not known")
GENDERS = [
    NOT_KNOWN,
    SelectChoice("female", "Female"),
    SelectChoice("male", "Male"),
    SelectChoice("other", "Other"),
    SelectChoice("undisclosed", "Not disclosed"),
]
TIERS = [
    SelectChoice("1", "1 · matters most"),
    SelectChoice("2", "2 · wanted"),
    SelectChoice("3", "3 · would be welcome"),
]
PARTS = (
    "full_name",
    "given_name",
    "family_name",
    "title",
    "salutation",
    "office",
    "email",
    "organisation",
    "country",
    "language",
    "gender",
    "notes",
    "external_id",
)


class PersonForm(FlaskForm):
    """What we know of a person; names stay as they are typed."""

    full_name = StringField(
        "Name",
        [InputRequired("Type the name."), Length(max=200)],
        description="In the person’s own order, as on an envelope. It stays as you type it.",
    )
    given_name = StringField("Given name", [Length(max=200)])
    family_name = StringField("Family name", [Length(max=200)])
    title = StringField("Title", [Length(max=100)], description="Dr, H.E., Prof.")
    salutation = StringField(
        "Salutation", [Length(max=300)], description="Excellency, Madam Minister: without “Dear”"
    )
    office = StringField("Office held", [Length(max=300)])
    organisation = StringField("Organisation", [Length(max=300)])
    email = StringField("Email", [Length(max=300)])
    country = StringField(
        "Country", [Length(max=100)], description="Its name or its code of two letters."
    )
    language = SelectField("Language", choices=[], validate_choice=False, default="")
    gender = SelectField("Gender, as stated", choices=GENDERS, default="")
    external_id = StringField("Number in another system", [Length(max=200)])
    notes = TextAreaField("Notes", [Length(max=10_000)])

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.offer_languages()

    def offer_languages(self) -> None:
        """The six languages of the UN, and the person's own where it is another."""
        known = self.language.data
        codes = [*LANGUAGES, known] if known and known not in LANGUAGES else [*LANGUAGES]
        names = [SelectChoice(code, ENGLISH.languages.get(code, code)) for code in codes]
        self.language.choices = [NOT_KNOWN, *names]

    def fill_from(self, person: Person) -> None:
        """Show what is known."""
        for name in PARTS:
            if name != "country":
                getattr(self, name).data = getattr(person, name) or ""
        code = person.country_code or ""
        self.country.data = ENGLISH.territories.get(code, code)
        self.offer_languages()

    def person(self) -> PersonRow | None:
        """The person; None when something cannot be read, which the fields then say."""
        values = [getattr(self, name).data or "" for name in PARTS]
        reader = PersonReader(PARTS, dict(enumerate(PARTS)), needs_address=False)
        row = reader.read(Row(1, values, None))
        wrong = list(_about_cells(row))
        for problem in wrong:
            getattr(self, problem.column).errors = [problem.reason]
        return None if wrong or isinstance(row, RefusedRow) else row


class TargetForm(PersonForm):
    """A person, and how much they are wanted."""

    star = BooleanField(
        "Star", description="Nominates this person for the short list; an approver decides."
    )
    tier = SelectField("Tier", default="2", choices=TIERS)
    why = TextAreaField("Why wanted", [Length(max=2_000)])
    is_another = BooleanField("This is another person at the same address")
    is_new = BooleanField("None of them: this is somebody else")
    asks = False
    """Whether the address is known as someone else's, so that the box above is shown."""

    def person(self) -> PersonRow | None:
        """As PersonForm's, with star, tier and reason."""
        person = super().person()
        if person is not None:
            why = " ".join((self.why.data or "").split())
            person = person._replace(star=self.star.data, tier=int(self.tier.data), why=why)
        return person


def _about_cells(row: PersonRow | RefusedRow) -> Iterator[Problem]:
    problems = row.problems if isinstance(row, RefusedRow) else row.warnings
    # A form is small: what a file may leave empty with a warning is put right here at once.
    return (
        problem for problem in problems if problem.column and "became a space" not in problem.reason
    )
