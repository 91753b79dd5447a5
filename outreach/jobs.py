"""What happens by the clock, a line a job. Tables say what is due: a late tick is harmless."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic

from flask import current_app

from outreach import clock
from outreach.actions.alternates import promote_alternates
from outreach.actions.audits import keep_audit
from outreach.actions.calendar_changes import tell_of_changes
from outreach.actions.calendar_replies import apply_calendar_replies
from outreach.actions.campaigns import finish_campaigns
from outreach.actions.confirmations import confirm_answers
from outreach.actions.copies import copy_to_assistants
from outreach.actions.duplicates import find_duplicates
from outreach.actions.focal_points import remind_focal_points
from outreach.actions.heartbeats import note_tick
from outreach.actions.inbound import read_new_inbound
from outreach.actions.receipt_effects import apply_receipts
from outreach.actions.receipts import look_again_at_parked
from outreach.actions.stars import escalate_stars
from outreach.actions.steps import launch_due_steps
from outreach.anew import write_anew
from outreach.delivery.choose import mailer_from
from outreach.delivery.digests import send_digests
from outreach.delivery.lanes import drain_in_lanes, due_count
from outreach.delivery.mailer import Mailer
from outreach.delivery.outbox import Drained
from outreach.delivery.rate import Rates
from outreach.delivery.restoring import HeldAll, Reconciled, hold_all, reconcile
from outreach.delivery.settling import settle_unknown
from outreach.delivery.timekeeping import common_clock
from outreach.delivery.workers import worker_name
from outreach.errands import Kind, do_errands
from outreach.errors import NotFound
from outreach.exports import export_campaign, export_people
from outreach.importing.child import run_in_child
from outreach.importing.lease import is_held, is_resting, note_absent
from outreach.models.message import UNIT_SIZE
from outreach.queries.audit import Report, audit, last_audit
from outreach.queries.duplicates import last_search
from outreach.queries.imports import due_imports

QUIET_HOURS = range(1, 5)
"""In UTC: when the nightly audit runs, unless the last one is older than LATEST."""

NIGHT = timedelta(hours=20)
LATEST = timedelta(hours=26)

ERRANDS: dict[str, Kind] = {
    "export-campaign": export_campaign,
    "export-people": export_people,
}
"""Long work by its word: one line a kind."""

TICK_OF_THE_LONG = 20.0
"""Seconds after which a job that is still at work notes a tick."""

SHARE_SECONDS = 4.0
"""An engine's lane is given back after it; what is left is asked for again every other second."""

stopping = threading.Event()
"""Set once this process is told to stop: work that is under way ends at the next step."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every so often. Two clocks may run it at once: the tables decide who acts."""

    name: str
    every: timedelta
    run: Callable[[], object]


def launch() -> int:
    """Freeze the steps that are due."""
    rates = [current_app.config[name] or UNIT_SIZE for name in ("SEND_RATE", "SENDER_RATE")]
    return launch_due_steps(
        at=common_clock()(),
        unit_size=min(*rates, UNIT_SIZE),
        keeps_going=lambda: not stopping.is_set(),
    )


def drain_outbox() -> int:
    """Hand over what is due; says how many messages. A stop waits for one call at the most."""
    return _drain(keeps_going=_at_work("drain-outbox")).messages


def drain_one_lane() -> int:
    """The same in this thread alone, and no longer than some seconds: for an engine that gives out
    a piece of work for each lane, and has other work for this one."""
    ends = monotonic() + SHARE_SECONDS
    return _drain(1, lambda: not stopping.is_set() and monotonic() < ends).messages


def due_units(most: int) -> int:
    """How many units could be taken now, counted up to `most`."""
    return due_count(common_clock()(), most)


def do_long_work() -> int:
    """Do the imports, exports and digests that wait; says how many."""
    return do_errands(ERRANDS, stopping=stopping, now=common_clock())


def settle() -> int:
    """Settle what is unknown, by evidence."""
    grace = timedelta(seconds=current_app.config["UNKNOWN_GRACE"])
    return settle_unknown(mailer(), at=common_clock()(), grace=grace)


def apply_events() -> int:
    """Let what the provider told have its effect; says how many events."""
    look_again_at_parked(at=clock.now())
    applied = 0
    while not stopping.is_set() and (count := apply_receipts(at=clock.now())):
        applied += count
    return applied


def read_inbound() -> int:
    """Read the mail that came; says how many mails."""
    folder = Path(current_app.config["INSTANCE_DIR"]) / "inbound"
    return read_new_inbound(folder, at=clock.now(), keeps_going=lambda: not stopping.is_set())


def promote() -> int:
    """Free the places of those whose reply-by has passed, and ask the next alternates."""
    return promote_alternates(at=common_clock()())


def apply_calendars() -> int:
    """Let what calendars answered count, where it may; says how many replies."""
    return apply_calendar_replies(at=clock.now())


def confirm() -> int:
    """Write the confirmations of what was answered on the page; says how many."""
    confirmed = 0
    while not stopping.is_set() and (count := confirm_answers(at=common_clock()())):
        confirmed += count
    return confirmed


def copy_mails() -> int:
    """Write the copies that assistants are to get of what left; says how many."""
    return copy_to_assistants(at=common_clock()())


def escalate() -> int:
    """Tasks for those whose star's date has passed, and later for the approvers."""
    return escalate_stars(at=clock.now())


def remind() -> int:
    """Ask focal points again who have named nobody, some days before their date."""
    return remind_focal_points(current_app.config["FOCAL_POINT_REMINDERS"], at=clock.now())


def tell_calendars() -> int:
    """Write to those who come to an event that changed; says how many."""
    told = 0
    while not stopping.is_set() and (count := tell_of_changes(at=clock.now())):
        told += count
    return told


def digests() -> int:
    """Tell each of the team, once in the morning, what is due; says how many mails."""
    return send_digests(mailer(), at=clock.now())


def finish() -> int:
    """Close the campaigns that have nothing left to do."""
    return finish_campaigns(at=common_clock()())


def audit_nightly() -> int:
    """Recompute the promises once a night; says how many rows break one. Other ticks do nothing."""
    at = clock.now()
    last = last_audit()
    if last is not None and at - last.at < (NIGHT if at.hour in QUIET_HOURS else LATEST):
        return 0
    return sum(finding.broken for finding in audit_now().findings)


def compare_nightly() -> int:
    """Compare everyone with everyone alike once a night; says how many pairs are new."""
    at, last = clock.now(), last_search()
    if last is not None and at - last.at < (NIGHT if at.hour in QUIET_HOURS else LATEST):
        return 0
    return find_duplicates(at=at)


def audit_now() -> Report:
    """Recompute the promises, and keep what was found."""
    at = clock.now()
    report = audit(at)
    keep_audit(report.as_dict(), is_sound=report.is_sound, seconds=report.seconds, at=at)
    return report


def run_imports() -> int:
    """Check, bring in or take back the files that wait; says how many were worked on."""
    folder = Path(current_app.config["INSTANCE_DIR"]).absolute() / "imports"
    worked = 0
    for import_id, stored_name, lease_key, leased_until in due_imports():
        lease = lease_key, leased_until, clock.now()
        if stopping.is_set() or is_held(*lease) or is_resting(*lease):
            continue
        if stored_name and not (folder / stored_name).exists():
            note_absent(import_id, clock.now())
            continue
        run_in_child(import_id, stopping.wait)
        worked += 1
    return worked


JOBS = (
    Job("launch-due-steps", timedelta(seconds=5), launch),
    Job("confirm-answers", timedelta(seconds=2), confirm),
    Job("drain-outbox", timedelta(seconds=2), drain_outbox),
    Job("do-errands", timedelta(seconds=2), do_long_work),
    Job("settle-unknown", timedelta(seconds=15), settle),
    Job("apply-receipts", timedelta(seconds=2), apply_events),
    Job("read-inbound", timedelta(seconds=10), read_inbound),
    Job("run-imports", timedelta(seconds=2), run_imports),
    Job("promote-alternates", timedelta(minutes=1), promote),
    Job("apply-calendar-replies", timedelta(seconds=10), apply_calendars),
    Job("escalate-stars", timedelta(minutes=10), escalate),
    Job("remind-focal-points", timedelta(minutes=10), remind),
    Job("copy-to-assistants", timedelta(seconds=30), copy_mails),
    Job("tell-of-changes", timedelta(minutes=1), tell_calendars),
    Job("send-digests", timedelta(minutes=10), digests),
    Job("finish-campaigns", timedelta(minutes=1), finish),
    Job("audit", timedelta(minutes=10), audit_nightly),
    Job("find-duplicates", timedelta(minutes=30), compare_nightly),
)


def _at_work(name: str) -> Callable[[], bool]:
    """Goes on until told to stop; what takes long is seen to be at work by its ticks."""
    noted_at = monotonic()

    def goes_on() -> bool:
        nonlocal noted_at
        if monotonic() - noted_at > TICK_OF_THE_LONG:
            noted_at = monotonic()
            note_tick(name, worker_name(), at=clock.now(), error="")
        return not stopping.is_set()

    return goes_on


def job_named(name: str) -> Job:
    """The job; raises NotFound."""
    for job in JOBS:
        if job.name == name:
            return job
    raise NotFound(f"job “{name}”")


def run_job(job: Job) -> object:
    """Run a job once, and note the tick and what went wrong, if anything did."""
    error = ""
    try:
        return job.run()
    except Exception as problem:
        error = f"{type(problem).__name__}: {problem}"[:500]
        raise
    finally:
        note_tick(job.name, worker_name(), at=clock.now(), error=error)


def mailer() -> Mailer:
    """This process's mailer, made once: it keeps connections."""
    extensions = current_app.extensions
    if "outreach-mailer" not in extensions:
        extensions["outreach-mailer"] = mailer_from(current_app.config)
    made: Mailer = extensions["outreach-mailer"]
    return made


def drain_due() -> int:
    """Hand over what is due now, what is due to confirm an answer too; says how many messages."""
    confirm()
    return drain_outbox()


def drain_everything() -> int:
    """Launch what is due and hand over until nothing is due any more; says how many messages."""
    launch()
    messages = 0
    while True:
        settle()
        confirm()
        drained = _drain()
        messages += drained.messages
        if drained.is_empty:
            return messages


def _drain(
    lanes: int | None = None, keeps_going: Callable[[], bool] = lambda: not stopping.is_set()
) -> Drained:
    config = current_app.config
    return drain_in_lanes(
        mailer(),
        Rates(config["SEND_RATE"], config["DOMAIN_RATE"], config["SENDER_RATE"]),
        lanes=config["SEND_LANES"] if lanes is None else lanes,
        now=common_clock(),
        keeps_going=keeps_going,
        rest=stopping.wait,
    )


def hold_everything() -> HeldAll:
    """After a restore: nothing leaves before it is reconciled, what jobs write anew neither."""
    write_anew(current_app.config["FOCAL_POINT_REMINDERS"], at=(at := common_clock()()))
    return hold_all(at=at)


def reconcile_held(*, releases_unproven: bool) -> Reconciled:
    """Settle by evidence what was held after a restore, by the events that have come first: the
    clock, which heeds them else, does not run yet."""
    apply_events()
    return reconcile(mailer(), at=common_clock()(), releases_unproven=releases_unproven)
