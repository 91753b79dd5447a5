"""The form of all that is known of a person, the team's own fields included."""

from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    Field,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from outreach.describing import LONGEST_TAG, Details
from outreach.intake.custom_values import UnfitValue, read_custom
from outreach.intake.lines import Unread, one_line
from outreach.intake.phones import MalformedPhone, read_phones
from outreach.intake.several import in_one_cell, parts_of
from outreach.intake.zones import read_zone
from outreach.models.custom_field import CustomKind, CustomSubject, as_text
from outreach.models.kind import KINDS, Kind
from outreach.models.office import CATEGORIES, ProtocolCategory
from outreach.queries.accounts import workers
from outreach.queries.custom_fields import FieldLine, custom_fields
from outreach.queries.stakeholders import Person
from outreach.web.staff.meanwhile import SeenForm
from outreach.web.staff.person_form import ENGLISH, LANGUAGES, NOT_KNOWN, PersonForm

FOLLOWS = SelectChoice("", "As follows from the office")
YES_NO = [NOT_KNOWN, SelectChoice("yes", "Yes"), SelectChoice("no", "No")]


class CustomFields:
    """What a form with fields of the team's own can do with them; see `with_custom_fields`."""

    own: list[FieldLine]

    def fill_own(self, values: dict[int, Any]) -> None:
        """Show what stands in them."""
        for line in self.own:
            value = values.get(line.id)
            field = self._own(line)
            field.data = value if line.kind is CustomKind.DATE else as_text(value)

    def own_fields(self) -> list[Field]:
        """Them, in their order."""
        return [self._own(line) for line in self.own]

    def own_values(self) -> dict[int, Any] | None:
        """{field id: value}; None when something cannot be read, which the fields then say."""
        values, is_whole = {}, True
        for line in self.own:
            field = self._own(line)
            try:
                typed = as_text(field.data) if line.kind is CustomKind.DATE else field.data or ""
                values[line.id] = read_custom(line.kind.value, line.choices, typed)
            except UnfitValue as refusal:
                field.errors, is_whole = [str(refusal)], False
        return values if is_whole else None

    def _own(self, line: FieldLine) -> Any:
        return getattr(self, line.name)


def with_custom_fields(form: type[Any], subject: CustomSubject) -> Any:
    """The form, with a field for each that an administrator defined."""
    own = custom_fields(subject)
    return type(form.__name__, (form,), {line.name: _field(line) for line in own} | {"own": own})


def _field(line: FieldLine) -> Any:
    named = {"label": line.label, "description": line.hint}
    if line.kind is CustomKind.CHOICE:
        choices = [NOT_KNOWN, *(SelectChoice(one, one) for one in line.choices)]
        return SelectField(choices=choices, default="", **named)
    if line.kind is CustomKind.YES_NO:
        return SelectField(choices=YES_NO, default="", **named)
    if line.kind is CustomKind.DATE:
        return DateField(validators=[_optional], **named)
    return StringField(validators=[Length(max=500)], **named)


def _optional(form: Any, field: Any) -> None:
    """A date may be left out, and says so when it is none."""
    if not (field.raw_data and field.raw_data[0].strip()):
        field.errors[:] = []


class EditForm(CustomFields, PersonForm, SeenForm):
    """All of a person, and which version of them the page was opened with."""

    pronouns = StringField("Pronouns", [Length(max=60)], description="As stated: she/her.")
    time_zone = StringField(
        "Time zone", [Length(max=64)],
        description="Where it differs from the country’s: Africa/Nairobi.",
    )  # fmt: skip
    owner = SelectField("Owner", choices=[], default="")
    protocol = SelectField(
        "Protocol category", default="",
        choices=[FOLLOWS, *(SelectChoice(code.value, name) for code, name in CATEGORIES.items())],
        description="It goes with the office and cannot be handed on.",
    )  # fmt: skip
    kinds = SelectMultipleField(
        "Comes as", choices=[SelectChoice(code.value, name) for code, name in KINDS.items()],
        widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(),
    )  # fmt: skip
    tags = StringField("Tags", [Length(max=1_000)], description="Words of your own, with commas.")
    phones = TextAreaField(
        "Phones", [Length(max=1_000)],
        description="One a line, the preferred one first: +41 22 730 51 11, office.",
    )  # fmt: skip
    is_confirmed = BooleanField("The address is meant as it stands")
    is_another = BooleanField("None of these: this is another person")
    passing = ("is_confirmed", "is_another")
    asks = False
    """Whether the address could be taken for another, so that the box above is shown."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        people = [SelectChoice(str(one.id), one.name) for one in workers()]
        self.owner.choices = [SelectChoice("", "Nobody"), *people]

    def fill_all(self, person: Person, details: Details) -> None:
        """Show what is known, and remember it."""
        self.fill_from(person)
        self.pronouns.data, self.time_zone.data = person.pronouns, person.time_zone or ""
        self.owner.data = str(person.owner_id or "")
        if person.owner_id and self.owner.data not in {c.value for c in self.owner.choices}:
            self.owner.choices.append(SelectChoice(self.owner.data, person.owner or ""))
        by_hand = person.protocol_category if person.is_protocol_by_hand else None
        self.protocol.data = by_hand.value if by_hand else ""
        self.kinds.data = [kind.value for kind in details.kinds]
        self.tags.data = in_one_cell(details.tags, only_commas=True)
        self.phones.data = "\n".join(
            ", ".join(filter(None, (number, label))) for number, _, label in details.phones
        )
        for language in LANGUAGES:
            title, salutation = details.forms.get(language, ("", ""))
            getattr(self, f"title_{language}").data = title
            getattr(self, f"salutation_{language}").data = salutation
        self.fill_own(dict(details.custom))
        self.remember(person.version)

    def details(self) -> Details | None:
        """What belongs to the person; None when something cannot be read, as the fields say."""
        own, is_whole = self.own_values(), True
        phones: list[tuple[str, str, str]] = []
        try:
            phones = read_phones(self.phones.data or "")
        except MalformedPhone as refusal:
            self.phones.errors, is_whole = [str(refusal)], False
        typed = (self.time_zone.data or "").strip()
        zone = read_zone(typed)
        if typed and zone is None:
            self.time_zone.errors = ["This is no time zone. Write it as Africa/Nairobi."]
            is_whole = False
        lines = self._lines()
        tags = list(parts_of(lines["tags"], only_commas=True))
        if any(len(tag) > LONGEST_TAG for tag in tags):
            self.tags.errors = [f"A tag has at most {LONGEST_TAG} letters; commas part them."]
            is_whole = False
        if own is None or not is_whole or any(self[name].errors for name in lines):
            return None
        return Details(
            pronouns=lines["pronouns"], time_zone=zone,
            owner_id=int(self.owner.data) if self.owner.data else None,
            protocol=ProtocolCategory(self.protocol.data) if self.protocol.data else None,
            phones=phones, kinds=[Kind(one) for one in self.kinds.data or ()], tags=tags,
            forms={
                code: (lines[f"title_{code}"], lines[f"salutation_{code}"]) for code in LANGUAGES
            },
            custom=own,
        )  # fmt: skip

    def forms_of_address(self) -> list[tuple[str, Field, Field]]:
        """(language, title, salutation) of each language."""
        return [
            (ENGLISH.languages[code], self[f"title_{code}"], self[f"salutation_{code}"])
            for code in LANGUAGES
        ]

    def _lines(self) -> dict[str, str]:
        """{field: its text}; what nobody should type is said by the field."""
        names = ["pronouns", "tags"]
        names += [f"{part}_{code}" for code in LANGUAGES for part in ("title", "salutation")]
        lines = dict.fromkeys(names, "")
        for name in names:
            try:
                lines[name] = _line(self[name].data)
            except Unread as refusal:
                self[name].errors = [f"This {refusal}."]
        return lines


for _code in LANGUAGES:
    _name = ENGLISH.languages[_code]
    setattr(EditForm, f"title_{_code}", StringField(f"Title, {_name}", [Length(max=100)]))
    setattr(EditForm, f"salutation_{_code}", StringField(f"Salutation, {_name}", [Length(max=300)]))


def edit_form() -> Any:
    """The form of a person as this conference has it."""
    return with_custom_fields(EditForm, CustomSubject.PERSON)()


def _line(text: str | None) -> str:
    """As an import reads it, on one line. Raises Unread."""
    return " ".join(one_line(text or "")[0].split())
