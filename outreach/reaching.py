"""A campaign reaches the organisations of its lists: their focal points are asked whom they send.

With the invitation, and with each step after it those who were put on a list since.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from outreach.asking import Terms, ask, may_be_asked
from outreach.models.activity import CLOCK, Activity
from outreach.models.campaign import Campaign
from outreach.models.stakeholder import Organisation, Stakeholder
from outreach.queries.organisation_targets import WantedOrganisation
from outreach.queries.organisations_reached import organisations_reached


def reach_organisations(session: Session, campaign: Campaign, at: datetime) -> int:
    """Ask those who can be asked, and are not yet; says how many.

    Members are named by the campaign's reply-by, before the event opens.
    """
    name_by = min(campaign.reply_by, campaign.event.starts_at)
    if at >= name_by:
        return 0
    reached = organisations_reached(campaign.id)
    # In one order, as `ask_group` does: two who ask at once never wait for each other.
    ready = sorted(reached.ready, key=lambda line: line.organisation_id)
    count = sum(_ask(session, campaign, line, name_by, at) for line in ready)
    if count:
        left_out = {why: len(lines) for why, lines in reached.left_out}
        session.add(
            Activity.of(
                "asked_organisations", CLOCK, at, campaign_id=campaign.id,
                event_id=campaign.event_id, count=count, left_out=left_out,
            )
        )  # fmt: skip
    return count


def _ask(
    session: Session, campaign: Campaign, line: WantedOrganisation, name_by: datetime, at: datetime
) -> bool:
    body = session.get_one(Organisation, line.organisation_id, with_for_update=True)
    person = session.get_one(Stakeholder, line.focal_point_id)
    if not may_be_asked(session, body.id, person, campaign.event):
        return False  # who cannot be asked keeps no letter of others back
    terms = Terms(line.authority, line.authorised_on, line.most_members, name_by)
    ask(session, body, campaign.event, person, terms, by=CLOCK, at=at)
    return True
