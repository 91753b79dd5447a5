"""Everything that stands on an invitee's page, put together for its template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from flask import g

from outreach.languages import marked
from outreach.models.invitation import Reply
from outreach.models.question import words_in
from outreach.models.seat import SeatRole
from outreach.queries.answers import AnswerLine, answers_given
from outreach.queries.asked import Asked, asked_of
from outreach.queries.invitations import Addressee, InvitationPage
from outreach.queries.letters import LetterLine, letter_for
from outreach.queries.questions import answers_of, questions_of
from outreach.tokens import personal_token
from outreach.web.invitee.form import Filled, Problem
from outreach.web.invitee.nonce import form_nonce
from outreach.web.invitee.note import LONGEST_NOTE
from outreach.web.invitee.particulars import ATTENDANCES, NEEDS, REASONS, parts_of, told_in_words
from outreach.web.invitee.words import instant

CHOICES = (
    (Reply.ACCEPTED, marked("I accept"), marked("I intend to attend.")),
    (Reply.TENTATIVE, marked("I cannot say yet"), marked("Come back to this page when you know.")),
    (
        Reply.DELEGATED,
        marked("I send someone in my place"),
        marked("The person gets a link of their own."),
    ),
    (Reply.DECLINED, marked("I decline"), marked("I will not attend.")),
)
"""(answer, in the invitee's words, what it means)"""

NOTED = {
    "accepted": marked("You accept"),
    "tentative": marked("You cannot say yet"),
    "delegated": marked("You send someone in your place"),
    "declined": marked("You decline"),
}
ROLES = {
    SeatRole.CO_CHAIR: marked("co-chair"),
    SeatRole.MODERATOR: marked("moderator"),
    SeatRole.SPEAKER: marked("speaker"),
}
FIXED = {
    "noted": NOTED, "roles": ROLES, "reasons": REASONS, "needs": NEEDS,
    "attendances": ATTENDANCES, "longest_note": LONGEST_NOTE,
}  # fmt: skip
"""What every page of an invitation may need; marked texts are translated by the template."""


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who answers at this page: the invitee, unless it says another name."""

    name: str = ""
    organisation: str = ""
    """Of a focal point, who sees what they wrote, and nothing of what others wrote."""
    delegation_url: str = ""
    links: Mapping[str, str] = field(default_factory=dict)
    """Of an assistant: {link key of another invitation: their own address of it}."""
    named: Addressee | None = None
    """Of a focal point: the person as they named them, which is all that they see of anyone."""

    @property
    def is_focal_point(self) -> bool:
        """Whether they speak for an organisation; else for the person, who shares all with them."""
        return bool(self.organisation)

    def address(self, each: Asked) -> str:
        """Where they open something else that the person is asked to; empty where they do not."""
        if self.name:
            return self.links.get(each.link_key, "")
        return address_of(each.link_key, each.role, each.is_delegation)


ITSELF = Answerer()


def answerer() -> Answerer:
    """Who answers here, as the link says it, whatever stands in the form."""
    found: Answerer = g.get("answerer", ITSELF)
    return found


def invitation_view(
    page: InvitationPage,
    link_key: str,
    *,
    base: str,
    at: datetime,
    language: str,
    filled: Filled | None = None,
    problems: Sequence[Problem] = (),
    is_preview: bool = False,
    answerer: Answerer = ITSELF,
) -> dict[str, Any]:
    """The context of invitation.html.

    base        the address of the page, below which its forms and links lie
    filled      what was sent and is wrong; without it the form shows what is noted
    is_preview  someone of the team looks at it: there is nothing to press and no link in it
    Asks the database for what the page's own row says that there is: questions, earlier answers,
    other invitations.
    """
    is_open = page.is_open(at) and page.delegate is None
    answers = _answers(page)
    is_another = answerer.is_focal_point and not _is_by(answerer, answers)
    if is_another:
        page = replace(page, note="", particulars={})
    if answerer.named:
        page, answers = as_named(page, answers, answerer, answerer.named)
    questions = questions_of(page.event.id) if page.has_questions else []
    kept = answers_of(page.id) if questions and page.answer and not is_another else {}
    filled = filled or _as_noted(page, kept)
    can_take_back = bool(answers) and answers[0].channel == "link" and page.is_open(at)
    can_take_back = can_take_back and not is_another
    parts = parts_of(page.event, language) if is_open or page.answer else ()
    may_send = page.named_by is None and not answerer.is_focal_point
    return FIXED | {
        "page": page, "event": page.event, "at": at, "base": base, "is_open": is_open,
        "answerer": answerer, "may_send": may_send, "is_own": not is_preview and not answerer.name,
        "filled": filled, "problems": problems, "choices": _choices(may_send), "answers": answers,
        "nonce": "" if is_preview else form_nonce("answer", link_key, page.version),
        "noted_at": instant(page.answered_at, page.event, language) if page.answered_at else "",
        "can_take_back": can_take_back and not is_preview, "is_preview": is_preview,
        "parts": parts, "part_words": dict(parts), "letter": _letter(page, language),
        "told": told_in_words(questions, kept, language),
        "questions": [(q, words_in(q.texts, language, "en")) for q in questions],
        "others": others(page.stakeholder_id, link_key, at, None if is_preview else answerer)
        if page.has_others and not answerer.is_focal_point
        else [],
    }  # fmt: skip


def as_named(
    page: InvitationPage, answers: Sequence[AnswerLine], answerer: Answerer, person: Addressee
) -> tuple[InvitationPage, Sequence[AnswerLine]]:
    """With nothing of the person, nor of who speaks for them, but what the focal point typed."""
    delegate = None if page.delegate is None else ""
    page = replace(page, person=person, delegate=delegate, named_by=None)
    own = ("", answerer.name)
    return page, [x if x.given_by in own else replace(x, given_by="") for x in answers]


def _answers(page: InvitationPage) -> Sequence[AnswerLine]:
    if page.only_answer:
        return [page.only_answer]
    return answers_given(page.id) if page.has_answers else []


def _as_noted(page: InvitationPage, kept: dict[int, Any]) -> Filled:
    answer = page.answer.value if page.answer else ""
    return Filled(answer, page.note, particulars=page.particulars, answers=kept)


def _letter(page: InvitationPage, language: str) -> LetterLine | None:
    if not page.letter_id:
        return None
    return letter_for(page.event.id, page.group_id, language, page.person.language)


def _choices(may_send: bool) -> list[tuple[Reply, str, str]]:
    return [choice for choice in CHOICES if may_send or choice[0] != Reply.DELEGATED]


def _is_by(answerer: Answerer, answers: Sequence[AnswerLine]) -> bool:
    """What an undo brought back is what stood there before: perhaps the person's own words."""
    last = answers[0] if answers else None
    return last is not None and last.given_by == answerer.name and last.channel != "undo"


def others(
    stakeholder_id: int, link_key: str, at: datetime, answerer: Answerer | None = ITSELF
) -> list[tuple[str, Asked, bool]]:
    """(address, what else the person is asked to, whether an answer is wanted)

    answerer  whose addresses these are; None for someone who only looks: there are none
    """
    return [
        (answerer.address(each) if answerer else "", each, each.is_waiting(at))
        for each in asked_of(stakeholder_id, link_key, at)
    ]


def address_of(link_key: str, role: SeatRole | None, is_delegation: bool = False) -> str:
    """The path of someone's own page."""
    if is_delegation:
        return f"/d/{personal_token('delegation', link_key)}"
    if role is None:
        return f"/i/{personal_token('answer', link_key)}"
    return f"/s/{personal_token('seat', link_key)}"
