"""Stakeholders: what we know of a person, corrected by hand."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from outreach.advice.folding import fold
from outreach.db import is_postgresql, transaction
from outreach.describing import Details, describe, offices, receive_as
from outreach.errors import Conflict, NotFound, Refusal
from outreach.intake.people import PersonRow
from outreach.models.activity import Activity, Actor
from outreach.models.invitation import Invitation, InvitationState
from outreach.models.message import Message, MessageState
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.models.tally import TallyKind
from outreach.queries.reasons import NO_ADDRESS
from outreach.resting import own_waiting
from outreach.tally import add_to_tallies, moved, moved_message, total


class ChangedMeanwhile(Conflict):
    """Someone else saved the person since the page was opened."""

    def __init__(self) -> None:
        super().__init__(
            "Someone changed this person since you opened the page. What you typed is below; "
            "compare it with how the person stands now and save again."
        )


class LooksLikeAnother(Refusal):
    """The address could be taken for one that it is not; nothing is saved unless confirmed."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"{address} mixes letters of several scripts, or passes for Latin letters. "
            "Confirm that it is meant so."
        )


_PLAIN = (
    "full_name",
    "given_name",
    "family_name",
    "title",
    "salutation",
    "office",
    "gender",
    "notes",
    "language",
)


def edit_stakeholder(
    stakeholder_id: int,
    person: PersonRow,
    details: Details | None = None,
    *,
    version: int,
    by: Actor,
    at: datetime,
    is_confirmed: bool = False,
) -> None:
    """Write what a form says of someone, names as typed; what it leaves empty becomes empty.

    details       what belongs to the person beside their row; None leaves it as it is
    version       of the person when the form was filled
    is_confirmed  an address that looks like another was seen by a person
    Raises ChangedMeanwhile, LooksLikeAnother.
    """
    _check_name(person)
    with transaction() as session:
        row = session.get(Stakeholder, stakeholder_id, with_for_update={"of": Stakeholder})
        if row is None:
            raise NotFound("stakeholder")
        if row.version != version:
            raise ChangedMeanwhile
        address = person.address
        is_new = address is not None and address.key != row.email_key
        if address and address.is_lookalike and is_new and not is_confirmed:
            raise LooksLikeAnother(address.email)
        values = _columns(session, person, details, at)
        was = {name: getattr(row, name) for name in values if getattr(row, name) != values[name]}
        for name in was:
            setattr(row, name, values[name])
        changed = [name for name in sorted(was) if not name.endswith("_key")]
        if details is not None:
            changed += _protocol(session, row, details)
            changed += describe(session, row.id, details)
        if not changed and not was:
            return
        row.changed_at, row.version = at, row.version + 1
        if is_new:
            _use_new_address(session, row)
        elif "email" in was:
            _leave_out_waiting(session, row, at)
        session.add(
            Activity.of("edited", by, at, stakeholder_id=row.id, was=was, fields=_words(changed))
        )


def create_stakeholder(
    person: PersonRow, details: Details, *, by: Actor, at: datetime, is_confirmed: bool = False
) -> int:
    """Write someone new down; gives the id. Who may be the same person is the form's to ask.

    Raises LooksLikeAnother.
    """
    _check_name(person)
    if person.address and person.address.is_lookalike and not is_confirmed:
        raise LooksLikeAnother(person.address.email)
    with transaction() as session:
        values = _columns(session, person, details, at)
        row = Stakeholder(**values, version=1, created_at=at, changed_at=at)
        session.add(row)
        _protocol(session, row, details)
        session.flush()
        describe(session, row.id, details)
        session.add(Activity.of("created", by, at, stakeholder_id=row.id))
        return row.id


def _check_name(person: PersonRow) -> None:
    if not person.full_name:
        raise Refusal("Give the person a name.")


def _columns(
    session: Session, person: PersonRow, details: Details | None, at: datetime
) -> dict[str, Any]:
    """{column: value} of a person's row."""
    address = person.address
    values: dict[str, Any] = {name: getattr(person, name) for name in _PLAIN} | {
        "country_code": person.country,
        "email": address and address.email,
        "email_key": address and address.key,
        "external_id": person.external_id or None,
        "organisation_id": _organisation(session, person, at),
        "name_key": fold(person.full_name) or person.full_name.casefold(),
    }
    if details is not None:
        values |= {
            "pronouns": details.pronouns,
            "time_zone": details.time_zone,
            "owner_id": details.owner_id,
        }
    return values


def _protocol(session: Session, row: Stakeholder, details: Details) -> list[str]:
    before = row.protocol_category
    receive_as(row, offices(session), details.protocol)
    return ["protocol category"] if row.protocol_category != before else []


def _words(names: list[str]) -> list[str]:
    return [name.removesuffix("_id").removesuffix("_code").replace("_", " ") for name in names]


def stop_mail(stakeholder_id: int, is_stopped: bool, *, by: Actor, at: datetime) -> None:
    """Send a person no campaign mail from now on, or allow it again, as the person asked."""
    with transaction() as session:
        row = session.get(Stakeholder, stakeholder_id, with_for_update=True)
        if row is None:
            raise NotFound("stakeholder")
        if row.is_mail_stopped != is_stopped:
            row.is_mail_stopped, row.changed_at = is_stopped, at
            row.version += 1
            verb = "stopped_mail" if is_stopped else "allowed_mail"
            session.add(Activity.of(verb, by, at, stakeholder_id=stakeholder_id))


def _leave_out_waiting(session: Session, person: Stakeholder, at: datetime) -> None:
    """Nothing goes to an address that was taken away; one that only looks different now stays."""
    if person.email is not None:
        return
    old, new = MessageState.WAITING, MessageState.LEFT_OUT
    waiting = session.scalars(select(Message).where(*own_waiting(session, person.id))).all()
    for message in waiting:
        message.state, message.reason, message.changed_at = new, NO_ADDRESS, at
    changes = [
        moved_message(each.step_id, each.campaign_id, each.group_id, each.is_first, old, new)
        for each in waiting
    ]
    add_to_tallies(session, total(changes))


def _use_new_address(session: Session, person: Stakeholder) -> None:
    """Mail that still waits goes to the new address; whom we could not reach, we may again."""
    session.execute(
        update(Message).where(*own_waiting(session, person.id)).values(address=person.email)
    )
    unreached = session.scalars(
        select(Invitation).where(
            Invitation.stakeholder_id == person.id,
            Invitation.state == InvitationState.UNDELIVERABLE,
        )
    ).all()
    old, new = InvitationState.UNDELIVERABLE, InvitationState.SILENT
    for invitation in unreached:
        invitation.state = new
        place = (TallyKind.EVENT_INVITATIONS, invitation.event_id, invitation.group_id)
        add_to_tallies(session, moved(*place, old, new))


def _organisation(session: Session, person: PersonRow, at: datetime) -> int | None:
    """The organisation of this name; made when it is new."""
    name = person.organisation
    if not name:
        return None
    key = fold(name) or name.casefold()
    dialect = postgresql if is_postgresql() else sqlite
    session.execute(
        dialect.insert(Organisation)
        .values(name=name, name_key=key, country_code=person.country, created_at=at)
        .on_conflict_do_nothing(index_elements=["name_key"])
    )
    return session.scalar(select(Organisation.id).where(Organisation.name_key == key))
