"""campaign draft, approve, schedule, pause, resume, cancel, show, people."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

from outreach import clock
from outreach.actions import campaigns
from outreach.actions.campaigns import draft_campaign
from outreach.cli.speaking import acting, actor, plainly, say
from outreach.drafting import Plan, StepPlan
from outreach.models.account import PERMISSIONS, Permission
from outreach.models.step import Anchor, StepKind
from outreach.queries.accounts import role_of
from outreach.queries.campaigns import campaign_summary, everyone_in
from outreach.queries.conferences import current_conference
from outreach.queries.events import event_named
from outreach.queries.lists import list_id_of

command = group = AppGroup("campaign", help="What is mailed, when, to whom.")


@group.command("draft")
@click.argument("name")
@click.option("--event", "event_code", required=True)
@click.option("--list", "list_codes", required=True, multiple=True)
@click.option("--template", "template_code", required=True)
@click.option("--reply-by", required=True, help="ISO 8601, as 2027-03-14T18:00:00+01:00.")
@acting
@plainly
def draft(
    name: str,
    event_code: str,
    list_codes: tuple[str, ...],
    template_code: str,
    reply_by: str,
    as_: str | None,
) -> None:
    """A campaign with one step, the invitation, due at once; prints its id."""
    event = event_named(event_code)
    if event is None:
        raise click.ClickException(f"There is no event {event_code}; see `event list`.")
    by = _may(as_, Permission.PROMOTE)
    conference = current_conference()
    plan = Plan(
        name=name,
        event_id=event.id,
        list_ids=[_list_id(code) for code in list_codes],
        reply_by=_instant(reply_by, event.time_zone),
        steps=[StepPlan(StepKind.INVITATION, Anchor.START, template_code)],
        sender_name=conference.host if conference else event.name,
        sender_address=current_app.config["MAIL_FROM"],
    )
    click.echo(draft_campaign(plan, by=by, at=clock.now()))


@group.command("approve")
@click.argument("campaign_id", type=int, metavar="ID")
@acting
@plainly
def approve(campaign_id: int, as_: str | None) -> None:
    """Stand for what will go out."""
    by = _may(as_, Permission.APPROVE)
    campaigns.approve_campaign(campaign_id, by=by, at=clock.now())
    click.echo(f"Campaign {campaign_id} is approved.")


@group.command("schedule")
@click.argument("campaign_id", type=int, metavar="ID")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@acting
@plainly
def schedule(campaign_id: int, yes: bool, as_: str | None) -> None:
    """Set an approved campaign going."""
    summary = campaign_summary(campaign_id)
    if summary is None:
        raise click.ClickException("There is no such campaign.")
    if not yes:
        people = f"{summary['audience_count']:,} people"
        click.confirm(f"Schedule “{summary['name']}” for {people}?", abort=True)
    by = _may(as_, Permission.PROMOTE)
    campaigns.schedule_campaign(campaign_id, by=by, at=clock.now())
    click.echo(f"Campaign {campaign_id} is scheduled.")


def _verb(name: str, done: str, action: Callable[..., None], what: str) -> None:
    @group.command(name, help=what)
    @click.argument("campaign_id", type=int, metavar="ID")
    @acting
    @plainly
    def command(campaign_id: int, as_: str | None) -> None:
        action(campaign_id, by=_may(as_, Permission.PROMOTE), at=clock.now())
        click.echo(f"Campaign {campaign_id} is {done}.")


_verb("pause", "paused", campaigns.pause_campaign, "Hand nothing more over for now.")
_verb("resume", "running again", campaigns.resume_campaign, "Go on where it was paused.")
_verb("cancel", "cancelled", campaigns.cancel_campaign, "Send nothing more, for good.")


@group.command("show")
@click.argument("campaign_id", type=int, metavar="ID")
@click.option("--json", "as_json", is_flag=True)
@plainly
def show(campaign_id: int, as_json: bool) -> None:
    """Its state, and a count for each outcome."""
    summary = campaign_summary(campaign_id)
    if summary is None:
        raise click.ClickException("There is no such campaign.")
    if as_json:
        say(summary)
        return
    click.echo(f"{summary['name']}: {summary['state']}, {summary['audience_count']:,} people")
    for outcome, count in summary["outcomes"].items():
        click.echo(f"  {outcome:10} {count:>9,}")


@group.command("people")
@click.argument("campaign_id", type=int, metavar="ID")
@click.option("--json", "as_json", is_flag=True)
@plainly
def people(campaign_id: int, as_json: bool) -> None:
    """Everyone in the audience or left out, one line each."""
    if campaign_summary(campaign_id) is None:
        raise click.ClickException("There is no such campaign.")
    for person in everyone_in(campaign_id):
        if as_json:
            click.echo(json.dumps(person.as_dict(), ensure_ascii=False))
        else:
            click.echo(f"{person.outcome:10} {person.name} <{person.address}> {person.reason}")


def _may(email: str | None, permission: Permission) -> Any:
    """The actor, if their role allows it; the operator at the console may do everything."""
    by = actor(email)
    if email is not None:
        role = role_of(by.account_id)
        if role is None or permission not in PERMISSIONS[role]:
            raise click.ClickException(f"The role of {email} does not allow this.")
    return by


def _list_id(code: str) -> int:
    found = list_id_of(code)
    if found is None:
        raise click.ClickException(f"There is no target list {code}.")
    return found


def _instant(text: str, zone: str) -> datetime:
    """An ISO 8601 instant or day; one without an offset is meant in the event's zone."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.ClickException(
            f"“{text}” is not an instant. Write it as 2027-03-14T18:00:00+01:00."
        ) from None
    if len(text) == len("2027-03-14"):
        at = at.replace(hour=23, minute=59)  # a day counts to its end
    return at if at.tzinfo else clock.in_zone(at, zone)
