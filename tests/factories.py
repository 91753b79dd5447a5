"""Rows for tests, each with just what matters; the rest is plausible.

The reference conference, its regions, groups and events are there already (see `app`); a factory
that is not given one takes that. Add functions at the end.
"""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.advice.folding import fold
from outreach.db import reading, transaction
from outreach.intake.addresses import read_address
from outreach.models.account import Account, Role
from outreach.models.campaign import Campaign, CampaignList
from outreach.models.conference import Conference, ConstituentGroup, MemberState, Region
from outreach.models.event import Event, EventKind
from outreach.models.invitation import Invitation
from outreach.models.message import Message, MessageState, Purpose
from outreach.models.organisation_target import OrganisationTarget
from outreach.models.seat import Seat, SeatOffer, SeatRole
from outreach.models.stakeholder import Organisation, Stakeholder, Standing
from outreach.models.step import Anchor, Audience, Step, StepKind
from outreach.models.tally import TallyKind
from outreach.models.target import Target, TargetList
from outreach.models.template import Template, TemplateVersion
from outreach.models.track import Track
from outreach.tally import add_to_tallies
from outreach.tokens import new_key

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
_numbers = count(1)


def save(*rows: Any) -> None:
    """Write rows in one transaction; they stay readable afterwards."""
    with transaction() as session:
        session.add_all(rows)


def make_conference(code: str | None = None, **columns: Any) -> Conference:
    """Another conference, with two regions, two Member States and its own event."""
    code = code or f"CONF-{next(_numbers)}"
    values: dict[str, Any] = {
        "name": "World Conference",
        "opens_on": NOON.date() + timedelta(days=90),
        "closes_on": NOON.date() + timedelta(days=97),
        "city": "Geneva",
        "country_code": "CH",
        "time_zone": "Europe/Zurich",
        "language": "en",
        "host": "The Secretariat",
        "reply_to": "secretariat@example.org",
    }
    conference = Conference(code=code, **values | columns)
    with transaction() as session:
        session.add(conference)
        session.flush()
        for region, country, state in (("AFR", "KE", "Kenya"), ("EUR", "FR", "France")):
            row = Region(conference_id=conference.id, code=region, name=region)
            session.add(row)
            session.flush()
            session.add(
                MemberState(
                    conference_id=conference.id, region_id=row.id, country_code=country, name=state
                )
            )
    make_event(code=code, conference=conference, kind=EventKind.CONFERENCE)
    return conference


def the_conference() -> Conference:
    """The one that the reference data begins with."""
    return reading().scalars(select(Conference).order_by(Conference.id)).first()


def the_group(code: str = "development_finance") -> ConstituentGroup:
    """A constituent group of the reference data."""
    return reading().scalars(select(ConstituentGroup).where(ConstituentGroup.code == code)).one()


def the_event(code: str | None = None) -> Event:
    """An event by its code; the conference itself without one."""
    wanted = Event.code == code if code else Event.kind == EventKind.CONFERENCE
    return reading().scalars(select(Event).where(wanted).order_by(Event.id)).first()


def make_event(
    code: str | None = None, conference: Conference | None = None, **columns: Any
) -> Event:
    """An event three months from NOON."""
    conference = conference or the_conference()
    values: dict[str, Any] = {
        "kind": EventKind.SIDE_EVENT,
        "name": "Round table on finance",
        "city": "Geneva",
        "country_code": "CH",
        "time_zone": "Europe/Zurich",
        "starts_at": NOON + timedelta(days=90),
        "ends_at": NOON + timedelta(days=90, hours=3),
    }
    event = Event(
        code=code or f"EVENT-{next(_numbers)}", conference_id=conference.id, **values | columns
    )
    save(event)
    return event


def make_account(role: Role = Role.PROMOTER, email: str | None = None, **columns: Any) -> Account:
    """Someone of the team."""
    number = next(_numbers)
    account = Account(
        email=email or f"colleague{number}@example.org",
        role=role,
        created_at=NOON,
        name=columns.pop("name", f"Colleague {number}"),
        **columns,
    )
    save(account)
    return account


def sign_in(
    client: FlaskClient, role: Role = Role.PROMOTER, account: Account | None = None
) -> Account:
    """Sign the client in without going through the page; gives the account."""
    account = account or make_account(role)
    with client.session_transaction() as session:
        session["_user_id"] = f"{account.id}.{account.epoch}"
        session["_fresh"] = True
    return account


def make_organisation(
    name: str = "Bank of the Lakes", *, group: str | None = None, country: str | None = None
) -> Organisation:
    """An organisation; with a group it stands at the conference."""
    organisation = Organisation(
        name=name, name_key=fold(name), country_code=country, language=None, created_at=NOON
    )
    save(organisation)
    if group:
        conference, row = the_conference(), the_group(group)
        region_id = reading().scalar(
            select(MemberState.region_id).where(
                MemberState.conference_id == conference.id, MemberState.country_code == country
            )
        )
        save(
            Standing(
                conference_id=conference.id,
                organisation_id=organisation.id,
                group_id=row.id,
                region_id=region_id,
            )
        )
    return organisation


def make_stakeholder(
    name: str | None = None,
    email: str | None = "",
    organisation: Organisation | None = None,
    **columns: Any,
) -> Stakeholder:
    """A person we know; email None for one without an address."""
    number = next(_numbers)
    name = name or f"Person {number}"
    address = None if email is None else read_address(email or f"person{number}@example.org")
    stakeholder = Stakeholder(
        full_name=name,
        name_key=fold(name),
        email=address and address.email,
        email_key=address and address.key,
        organisation_id=organisation.id if organisation else None,
        created_at=columns.pop("created_at", NOON),
        changed_at=columns.pop("changed_at", NOON),
        **columns,
    )
    save(stakeholder)
    return stakeholder


def make_list(
    code: str | None = None,
    *,
    group: str = "development_finance",
    event: Event | None = None,
    name: str = "Development banks",
) -> TargetList:
    """A target list for the conference."""
    target_list = TargetList(
        code=code or f"list-{next(_numbers)}",
        name=name,
        created_at=NOON,
        event_id=(event or the_event()).id,
        group_id=the_group(group).id,
    )
    save(target_list)
    return target_list


def make_target(
    target_list: TargetList | None = None, stakeholder: Stakeholder | None = None, **columns: Any
) -> Target:
    """Someone wanted on a list, with the tallies that go with it."""
    target_list = target_list or make_list()
    stakeholder = stakeholder or make_stakeholder()
    target = Target(
        list_id=target_list.id,
        stakeholder_id=stakeholder.id,
        created_at=NOON,
        rank=columns.pop("rank", next(_numbers)),
        **columns,
    )
    with transaction() as session:
        session.add(target)
        changes = {(TallyKind.LIST_TARGETS, target_list.id, 0, "wanted"): 1}
        if columns.get("is_star"):
            changes[TallyKind.LIST_TARGETS, target_list.id, 0, "star"] = 1
        add_to_tallies(session, changes)
    return target


def make_invitation(
    stakeholder: Stakeholder | None = None,
    event: Event | None = None,
    group: str = "development_finance",
    **columns: Any,
) -> Invitation:
    """Someone asked to an event, with the tally that goes with it."""
    invitation = Invitation(
        stakeholder_id=(stakeholder or make_stakeholder()).id,
        event_id=(event or the_event()).id,
        group_id=the_group(group).id,
        invited_at=columns.pop("invited_at", NOON),
        reply_by=columns.pop("reply_by", NOON + timedelta(days=30)),
        link_key=new_key(),
        **columns,
    )
    with transaction() as session:
        session.add(invitation)
        session.flush()
        state = invitation.state
        place = (TallyKind.EVENT_INVITATIONS, invitation.event_id, invitation.group_id, state)
        add_to_tallies(session, {place: 1})
    return invitation


def make_campaign(
    target_list: TargetList | None = None,
    *,
    steps: bool = True,
    kind: StepKind = StepKind.INVITATION,
    **columns: Any,
) -> Campaign:
    """A draft with one step (the invitation, or news), due as soon as it is scheduled."""
    target_list = target_list or make_list()
    values: dict[str, Any] = {
        "name": "Invitations to the banks",
        "event_id": target_list.event_id,
        "reply_by": NOON + timedelta(days=30),
        "sender_name": "The Secretariat",
        "sender_address": "invitations@example.org",
        "created_at": NOON,
    }
    campaign = Campaign(**values | columns, lists=[CampaignList(list_id=target_list.id)])
    if steps:
        version = reading().scalar(
            select(TemplateVersion.id).join(Template).where(Template.code == kind.value)
        )
        campaign.steps.append(
            Step(
                position=1,
                kind=kind,
                anchor=Anchor.START,
                audience=Audience.EVERYONE,
                version_id=version,
            )
        )
    save(campaign)
    return campaign


def make_seat_offer(
    stakeholder: Stakeholder | None = None,
    seat: Seat | None = None,
    *,
    is_asked: bool = True,
    **columns: Any,
) -> SeatOffer:
    """Someone proposed for a seat and, if not said otherwise, asked; a new seat without one."""
    if seat is None:
        number = next(_numbers)
        track = Track(event_id=the_event().id, code=f"T{number}", name="How to finance it all")
        seat = Seat(track=track, role=SeatRole.CO_CHAIR, fill_by=NOON + timedelta(days=40))
    person = stakeholder or make_stakeholder()
    offer = seat.propose(person.id, columns.pop("why", "Knows everyone"), new_key(), NOON)
    if is_asked:
        offer.ask(NOON)
    save(seat)
    return offer


def make_message(
    stakeholder: Stakeholder | None = None, invitation: Invitation | None = None, **columns: Any
) -> Message:
    """A mail that went out to someone, as far as its links are concerned."""
    person = stakeholder or make_stakeholder()
    values: dict[str, Any] = {
        "public_id": new_key(),
        "purpose": Purpose.INVITATION,
        "state": MessageState.ACCEPTED,
        "address": person.email or "",
        "name": person.full_name,
        "values": {},
        "created_at": NOON,
        "changed_at": NOON,
        "event_id": the_event().id,
    }
    message = Message(
        stakeholder_id=person.id,
        invitation_id=invitation.id if invitation else None,
        **values | columns,
    )
    save(message)
    return message


def afresh(question: Any, *arguments: Any, **named: Any) -> Any:
    """The answer to a question as the database stands now, whatever this test read before."""
    reading().rollback()
    return question(*arguments, **named)


def make_organisation_target(
    target_list: TargetList | None = None, organisation: Organisation | None = None, **columns: Any
) -> OrganisationTarget:
    """An organisation wanted on a list, with the tally that goes with it."""
    target_list = target_list or make_list()
    number = next(_numbers)
    organisation = organisation or make_organisation(f"Organisation {number}", group="member_state")
    target = OrganisationTarget(
        list_id=target_list.id,
        organisation_id=organisation.id,
        created_at=NOON,
        rank=columns.pop("rank", number),
        **columns,
    )
    with transaction() as session:
        session.add(target)
        place = (TallyKind.LIST_ORGANISATIONS, target_list.id, 0, "wanted")
        add_to_tallies(session, {place: 1})
    return target
