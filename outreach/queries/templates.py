"""Message templates and their languages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from outreach.advice.hyperlinks import hosts_in
from outreach.db import reading
from outreach.models.account import Account
from outreach.models.campaign import Campaign
from outreach.models.step import Step
from outreach.models.template import Template, TemplateText, TemplateVersion


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A template with the languages of its latest version."""

    id: int
    code: str
    name: str
    kind: str
    version: int
    languages: list[str]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class Text:
    """One language of a template's version."""

    id: int
    language: str
    subject: str
    body: str


def templates() -> list[TemplateLine]:
    """All templates by name. Cost: the templates and their texts."""
    rows = reading().execute(
        select(
            Template.id,
            Template.code,
            Template.name,
            Template.kind,
            Template.latest_version,
            TemplateText.language,
        )
        .join(
            TemplateVersion,
            (TemplateVersion.template_id == Template.id)
            & (TemplateVersion.number == Template.latest_version),
        )
        .join(TemplateText, TemplateText.version_id == TemplateVersion.id)
        .order_by(Template.name, Template.id, TemplateText.language)
    )
    found: dict[int, TemplateLine] = {}
    for id_, code, name, kind, version, language in rows:
        line = found.setdefault(id_, TemplateLine(id_, code, name, kind, version, []))
        line.languages.append(language)
    return list(found.values())


def latest_texts(template_id: int) -> list[Text]:
    """The latest version's text in each language."""
    return texts_of_version(template_id, None)


def texts_of_version(template_id: int, number: int | None) -> list[Text]:
    """A version's text in each language; the latest one's without a number."""
    rows = reading().execute(
        select(TemplateText.id, TemplateText.language, TemplateText.subject, TemplateText.body)
        .join(TemplateVersion)
        .join(
            Template,
            (Template.id == TemplateVersion.template_id)
            & (func.coalesce(number, Template.latest_version) == TemplateVersion.number),
        )
        .where(Template.id == template_id)
        .order_by(TemplateText.language)
    )
    return [Text(*row) for row in rows]


def template(template_id: int) -> TemplateLine | None:
    """One template with the languages of its latest version."""
    return next((line for line in templates() if line.id == template_id), None)


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version: who wrote it, when, and which campaigns have pinned it."""

    number: int
    author: str | None
    created_at: datetime
    campaigns: list[tuple[int, str]]


def versions(template_id: int) -> list[VersionLine]:
    """The versions of a template, the latest first. Cost: its versions and their campaigns."""
    rows = reading().execute(
        select(
            TemplateVersion.number,
            Account.name,
            TemplateVersion.created_at,
            Campaign.id,
            Campaign.name,
        )
        .outerjoin(Account, Account.id == TemplateVersion.author_id)
        .outerjoin(Step, Step.version_id == TemplateVersion.id)
        .outerjoin(Campaign, Campaign.id == Step.campaign_id)
        .where(TemplateVersion.template_id == template_id)
        .distinct()
        .order_by(TemplateVersion.number.desc(), Campaign.id)
    )
    found: dict[int, VersionLine] = {}
    for number, author, created_at, campaign_id, campaign in rows:
        line = found.setdefault(number, VersionLine(number, author, created_at, []))
        if campaign_id is not None:
            line.campaigns.append((campaign_id, campaign))
    return list(found.values())


def hosts_of(campaign_id: int) -> list[str]:
    """The hosts to which the letters of a campaign lead, our own pages left out. One SELECT."""
    bodies = reading().scalars(
        select(TemplateText.body)
        .join(Step, Step.version_id == TemplateText.version_id)
        .where(Step.campaign_id == campaign_id)
        .distinct()
    )
    return sorted({host for body in bodies for host in hosts_in(body)})


def template_choices(kind: str) -> list[tuple[str, str]]:
    """(code, name) of the templates of a kind, by name."""
    return [(line.code, line.name) for line in templates() if line.kind == kind]
