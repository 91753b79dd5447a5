"""The fields of a file of organisations: how a cell of each is read, how columns are guessed."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial

from outreach.intake.addresses import read_address
from outreach.intake.custom_values import read_custom
from outreach.intake.fields import FIELDS, Field, as_text
from outreach.intake.headings import HEADINGS
from outreach.intake.lines import Unread
from outreach.intake.words import fold, fold_heading

NOWHERE = "none"
"""Of a region: it has a standing and is in none; an empty cell lets it follow from the country."""

_STATUSES = {
    "member": "member|state member|sector member|membre|miembro|член|成员|عضو",
    "observer": "observer|observateur|observador|наблюдатель|观察员|مراقب",
    "guest": "guest|invité|invitado|гость|嘉宾|ضيف",
}
_STATUS_OF = {fold(word): code for code, line in _STATUSES.items() for word in line.split("|")}

_HEADINGS: dict[str, tuple[str, ...]] = {
    "name": (*HEADINGS["organisation"], "name", "nom", "nombre", "название", "名称", "اسم المنظمة"),
    "country": HEADINGS["country"],
    "language": HEADINGS["language"],
    "parent": (
        "part of", "parent", "parent organisation", "parent organization", "parent company",
        "parent account", "belongs to", "fait partie de", "organisation mère", "parte de",
        "organización matriz", "часть", "головная организация", "上级机构", "隶属", "جزء من",
    ),
    "group": HEADINGS["group"],
    "region": HEADINGS["region"],
    "conference_country": ("country at this conference", "counted in"),
    "legal_status": (
        "admitted as", "legal status", "status", "statut", "statut juridique", "condición",
        "condición jurídica", "статус", "правовой статус", "法律地位", "身份", "الوضع القانوني",
    ),
    "external_id": HEADINGS["external_id"],
    "notes": HEADINGS["notes"],
    "focal_point": (
        "focal point", "focal point email", "focal point address", "point focal",
        "punto focal", "координатор", "联络人", "جهة الاتصال",
    ),
    "focal_authorised_by": ("focal point authorised by", "focal point authorized by"),
    "focal_authorised_on": ("focal point authorised on", "focal point authorized on"),
}  # fmt: skip
"""{field: what its columns are called}; the field above wins where two are called alike."""


def _status(text: str) -> str:
    if found := _STATUS_OF.get(fold(text)):
        return found
    raise Unread(f"“{text[:60]}” is none of: {', '.join(_STATUSES)}; left empty")


def _day(text: str) -> date:
    day = read_custom("date", (), text)
    assert isinstance(day, date)
    return day


_text = partial(Field, read=as_text)
_FIELDS = (
    _text("name", "Name", longest=300, is_vital=True),
    Field("country", "Country", FIELDS["country"].read),
    Field("language", "Language", FIELDS["language"].read),
    _text("parent", "Part of"),
    _text("group", "Constituent group", longest=200),
    _text("region", "Region", longest=100),
    Field("conference_country", "Country at this conference", FIELDS["country"].read),
    Field("legal_status", "Admitted as", _status, 100),
    _text("external_id", "Number in another system", longest=200, is_vital=True),
    _text("notes", "Notes", longest=10_000, many_columns=True, many_lines=True),
    Field("focal_point", "Focal point's e-mail address", read_address),
    _text("focal_authorised_by", "Focal point authorised by"),
    Field("focal_authorised_on", "Focal point authorised on", _day, 60),
)
ORGANISATION_FIELDS: dict[str, Field] = {field.code: field for field in _FIELDS}


def guess_organisation_columns(
    headers: Sequence[str], fields: Mapping[str, Field]
) -> dict[int, str]:
    """{column, from 0: field} by the headers alone; the leftmost of equals wins.

    fields  the team's own included
    """
    words = _words_of(fields)
    mapping: dict[int, str] = {}
    for column, header in enumerate(headers):
        code = words.get(fold_heading(header), "")
        if code and (fields[code].many_columns or code not in mapping.values()):
            mapping[column] = code
    return mapping


def is_heading(text: str) -> bool:
    """Whether a column of this name is taken for a field that everyone has."""
    return fold_heading(text) in _words_of(ORGANISATION_FIELDS)


def _words_of(fields: Mapping[str, Field]) -> dict[str, str]:
    """{heading, folded: the field that it means}; the first of those that several have."""
    words: dict[str, str] = {}
    for code, field in fields.items():
        for heading in (code, field.label, *_HEADINGS.get(code, ())):
            words.setdefault(fold_heading(heading), code)
    return words
