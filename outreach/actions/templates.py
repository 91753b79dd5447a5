"""Templates: written, and written anew; a version never changes once a campaign may pin it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.advice.merging import differences, problems_of
from outreach.advice.sections import section_problems
from outreach.db import transaction
from outreach.errors import Conflict, NotFound, Refusal
from outreach.models.activity import Activity, Actor
from outreach.models.conference import ConstituentGroup
from outreach.models.kind import Kind
from outreach.models.template import Template, TemplateText, TemplateVersion
from outreach.queries.merging import own_fields
from outreach.queries.pictures import unknown_in

WITHOUT_LINK = ("thank_you", "withdrawn", "save_the_date", "practical", "miss_you", "promotion")
"""Kinds of letter that may lack the personal link: these people have answered, or are not asked."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A template in one language.

    subject  one line, with `{field}`s
    body     Markdown, with `{field}`s
    """

    language: str
    subject: str
    body: str


class UnfitText(Refusal):
    """A text with mistakes is not saved: {language: what must be mended}."""

    def __init__(self, problems: dict[str, list[str]]) -> None:
        parts = [f"{language}: {' '.join(some)}" for language, some in problems.items()]
        super().__init__(" ".join(parts))
        self.problems = problems


class UnevenTexts(Refusal):
    """A field that most languages have is missing in one; perhaps on purpose.

    {language: what it lacks}
    """

    def __init__(self, lacks: dict[str, list[str]]) -> None:
        parts = [f"{language}: {' '.join(some)}" for language, some in lacks.items()]
        super().__init__(" ".join(parts))
        self.lacks = lacks


class WrittenMeanwhile(Conflict):
    """Somebody else saved a version after this one was opened."""

    def __init__(self, number: int) -> None:
        super().__init__(
            f"Version {number} was saved by someone else after you opened this page. What you "
            "typed is still here: compare the two, then save again."
        )
        self.number = number


def create_template(
    name: str,
    kind: str,
    texts: Sequence[Wording],
    *,
    may_differ: bool = False,
    by: Actor,
    at: datetime,
) -> int:
    """A new template with its first version; its code is made of its name.

    may_differ  a field may stand in some of the languages only
    Raises UnfitText, UnevenTexts.
    """
    with transaction() as session:
        _check(session, kind, texts, may_differ=may_differ)
        template = Template(
            code=_free_code(session, name or kind), name=name.strip(), kind=kind, created_at=at
        )
        session.add(template)
        session.flush()
        _write(session, template, texts, by, at)
        return template.id


def write_version(
    template_id: int,
    name: str,
    texts: Sequence[Wording],
    *,
    seen: int,
    may_differ: bool = False,
    by: Actor,
    at: datetime,
) -> int:
    """Save the texts as the next version; the number of the version that stands then.

    seen  the version that was on the page; the same words again make no new version
    Raises UnfitText, UnevenTexts, WrittenMeanwhile.
    """
    with transaction() as session:
        template = session.get(Template, template_id, with_for_update=True)
        if template is None:
            raise NotFound("template")
        _check(session, template.kind, texts, may_differ=may_differ)
        template.name = name.strip()
        if {(text.language, text.subject, text.body) for text in texts} == _words(
            session, template
        ):
            return template.latest_version
        if template.latest_version != seen:
            raise WrittenMeanwhile(template.latest_version)
        _write(session, template, texts, by, at)
        return template.latest_version


def _check(session: Session, kind: str, texts: Sequence[Wording], *, may_differ: bool) -> None:
    known: dict[str, set[str]] = {
        "group": set(session.scalars(select(ConstituentGroup.code))),
        "kind": {kind.value for kind in Kind},
        "field": set(own_fields()),
    }
    needs_link = kind not in WITHOUT_LINK
    problems = {
        text.language: found
        for text in texts
        if (
            found := [
                *problems_of(text.subject, text.body, needs_link=needs_link, values=known),
                *unknown_in(text.body),
            ]
        )
    }
    if not problems and texts:  # the same conditions cut the audience, whatever the language
        parts = [part for text in texts for part in (text.subject, text.body)]
        problems = {texts[0].language: found} if (found := list(section_problems(*parts))) else {}
    if problems:
        raise UnfitText(problems)
    both = {text.language: f"{text.subject}\n{text.body}" for text in texts}
    if not may_differ and (lacks := differences(both)):
        raise UnevenTexts(lacks)
    if not texts:
        raise Refusal("A template needs its text in at least one language.")


def _write(
    session: Session, template: Template, texts: Sequence[Wording], by: Actor, at: datetime
) -> None:
    template.latest_version += 1
    session.add(
        TemplateVersion(
            template_id=template.id,
            number=template.latest_version,
            author_id=by.account_id,
            created_at=at,
            texts=[
                TemplateText(language=text.language, subject=text.subject, body=text.body)
                for text in texts
            ],
        )
    )
    session.add(
        Activity.of(
            "wrote_template", by, at, template=template.code, version=template.latest_version
        )
    )


def _words(session: Session, template: Template) -> set[tuple[str, str, str]]:
    """What the latest version says: {(language, subject, body)}."""
    rows = session.execute(
        select(TemplateText.language, TemplateText.subject, TemplateText.body)
        .join(TemplateText.version)
        .where(
            TemplateVersion.template_id == template.id,
            TemplateVersion.number == template.latest_version,
        )
    )
    return {(language, subject, body) for language, subject, body in rows}


def _free_code(session: Session, name: str) -> str:
    """A code that no template has yet: "Letter to ministers" becomes letter_to_ministers."""
    letters = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name)
    start = "_".join(part for part in letters.lower().split("_") if part)[:40] or "letter"
    taken = set(session.scalars(select(Template.code).where(Template.code.startswith(start))))
    number, code = 1, start
    while code in taken:
        number += 1
        code = f"{start}_{number}"
    return code
