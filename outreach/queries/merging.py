"""Merge fields that depend on the letter: forms of address in its language, fields of one's own."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Text, case, cast, func, literal, select

from outreach.advice.merging import fields_in
from outreach.db import reading
from outreach.models.custom_field import PREFIX, YES_AND_NO, CustomKind
from outreach.models.form_of_address import FormOfAddress
from outreach.models.stakeholder import Stakeholder
from outreach.models.template import TemplateText
from outreach.queries.custom_fields import FieldLine, custom_fields, value_of


def own_fields() -> dict[str, FieldLine]:
    """{as letters call it: a field of the team's own}. One SELECT."""
    return {field.name: field for field in custom_fields()}


def columns_for(texts: Sequence[tuple[str, int]], text_id: ColumnElement[Any]) -> dict[str, Any]:
    """What `personal_columns` takes besides, for statements over Stakeholder and Organisation.

    texts    (language, text id) of the letters
    text_id  the column that says which of them a person reads
    Nothing where no form of address is kept in a language of its own and no own field is used.
    """
    columns: dict[str, Any] = {}
    languages = {id_: language for language, id_ in texts}
    language = case(languages, value=text_id, else_="") if texts else literal("")
    if reading().scalar(select(FormOfAddress.id).limit(1)) is not None and texts:
        columns = {name: _form(name, language) for name in ("title", "salutation")}
    ids = [id_ for _, id_ in texts]
    written = reading().execute(
        select(TemplateText.subject, TemplateText.body).where(TemplateText.id.in_(ids))
    )
    names = fields_in(*(part for row in written for part in row))
    return columns | _own(names, language)


def columns_in(language: str, names: Collection[str]) -> dict[str, Any]:
    """The same for a letter in one language that uses these fields."""
    forms = {name: _form(name, literal(language)) for name in ("title", "salutation")}
    return forms | _own(names, literal(language))


def has_nothing(field: FieldLine) -> ColumnElement[bool]:
    """Whether nothing stands in an own field for the person of the row."""
    return func.coalesce(_written(field, literal("")), "") == ""


def _own(names: Collection[str], language: ColumnElement[Any]) -> dict[str, Any]:
    if not any(name.startswith(PREFIX) for name in names):
        return {}
    return {
        name: func.coalesce(_written(field, language), "")
        for name, field in own_fields().items()
        if name in names
    }


def _form(name: str, language: ColumnElement[Any]) -> ColumnElement[Any]:
    """The title or salutation in a language, else the one for all others."""
    own = (
        select(getattr(FormOfAddress, name))
        .where(FormOfAddress.stakeholder_id == Stakeholder.id, FormOfAddress.language == language)
        .correlate_except(FormOfAddress)
        .scalar_subquery()
    )
    return func.coalesce(func.nullif(own, ""), getattr(Stakeholder, name))


def _written(field: FieldLine, language: ColumnElement[Any]) -> ColumnElement[Any]:
    value = value_of(field)
    if field.kind is CustomKind.YES_NO:
        yes, no = (
            case({code: words[which] for code, words in YES_AND_NO.items()}, value=language,
                 else_=YES_AND_NO["en"][which])
            for which in (0, 1)
        )  # fmt: skip
        return case((value.is_(True), yes), (value.is_(False), no))
    if field.kind is CustomKind.NUMBER:
        whole = cast(value, BigInteger)
        return case((value == whole, cast(whole, Text)), else_=cast(value, Text))
    return cast(value, Text)
