"""The addresses that mail may come from: put on the list, and taken from it."""

from datetime import datetime

from sqlalchemy import func, select

from outreach.db import transaction
from outreach.errors import Conflict, NotFound
from outreach.intake.addresses import read_address
from outreach.models.activity import Activity, Actor
from outreach.models.campaign import Campaign, CampaignState
from outreach.models.sender import Sender

OVER = (CampaignState.FINISHED, CampaignState.CANCELLED)


def add_sender(address: str, *, by: Actor, at: datetime) -> int:
    """Let campaigns send from this address; one that was withdrawn is back. Gives its id.

    Raises MalformedAddress, Conflict where it is on the list.
    """
    read = read_address(address)
    with transaction() as session:
        sender = session.scalar(
            select(Sender).where(Sender.address_key == read.key).with_for_update()
        )
        if sender is None:
            sender = Sender(address_key=read.key)
            session.add(sender)
        elif sender.withdrawn_at is None:
            raise Conflict(f"{sender.address} is on the list already.")
        sender.address, sender.withdrawn_at = read.email, None
        sender.verified_at, sender.verified_by_id = at, by.account_id
        session.flush()
        session.add(Activity.of("added_sender", by, at, address=sender.address))
        return sender.id


def withdraw_sender(sender_id: int, *, by: Actor, at: datetime) -> None:
    """Nothing comes from it any more. Raises Conflict while a campaign still sends from it."""
    with transaction() as session:
        sender = session.get(Sender, sender_id, with_for_update=True)
        if sender is None or sender.withdrawn_at is not None:
            raise NotFound("sender")
        count = session.scalar(
            select(func.count())
            .select_from(Campaign)
            .where(Campaign.sender_id == sender_id, Campaign.state.not_in(OVER))
        )
        if count:
            what = "1 campaign still sends" if count == 1 else f"{count} campaigns still send"
            raise Conflict(f"{what} from {sender.address}. Give them another sender first.")
        sender.withdrawn_at = at
        session.add(Activity.of("withdrew_sender", by, at, address=sender.address))
