"""The weeks before now, played one after another: what people did, and the clock between it."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Protocol
from zoneinfo import ZoneInfo

from outreach.actions.messages import release_message
from outreach.actions.steps import launch_due_steps
from outreach.delivery.mailer import Mailer
from outreach.delivery.outbox import drain
from outreach.errors import Conflict
from outreach.models.activity import Actor
from outreach.queries.today import held_mails
from outreach.signing import SIGN_OFF

EVENING = 17
RECENT = timedelta(days=3)


class Scene(Protocol):
    """Something that happens at an instant."""

    def __call__(self, at: datetime) -> object: ...


@dataclass(slots=True)
class Timeline:
    """Scenes in order of time, none of them later than now."""

    now: datetime
    zone: ZoneInfo
    mailer: Mailer
    signer: Actor | None = None
    """Who signs the mails to stars, as soon as they wait."""
    _scenes: list[tuple[datetime, int, Scene]] = field(default_factory=list)
    _ticks: set[datetime] = field(default_factory=set)
    _numbers: "count[int]" = field(default_factory=count)

    def workday(self, days_ago: int, hour: int, minute: int = 0) -> datetime:
        """So many days ago by the wall clock of the secretariat; a weekend gives its Friday.

        Of two such days the older one is earlier for certain when they are three apart.
        """
        day = self.now.astimezone(self.zone).date() - timedelta(days=days_ago)
        day -= timedelta(days=max(0, day.weekday() - 4))
        return datetime.combine(day, time(hour, minute), self.zone)

    def add(self, at: datetime, scene: Scene) -> None:
        """Let something happen; what would be later than now never does."""
        if at < self.now:
            heappush(self._scenes, (at, next(self._numbers), scene))

    def add_tick(self, at: datetime) -> None:
        """Let the clock look by: within the hour these days, in the evening of a day long ago.

        A real clock looks every few seconds; each look is work, and weeks would take minutes.
        """
        look = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        if at < self.now - RECENT:
            look += timedelta(hours=(EVENING - look.hour) % 24)
        look = min(look, self.now - timedelta(minutes=1))
        if look not in self._ticks:
            self._ticks.add(look)
            self.add(look, self.tick)

    def tick(self, at: datetime) -> None:
        """What the clock does: freeze the steps that are due, hand over what waits."""
        launch_due_steps(at=at)
        for mail in held_mails():
            if self.signer and mail.reason.startswith(SIGN_OFF):
                with suppress(Conflict):  # another mail of today: this one is signed later
                    release_message(mail.id, by=self.signer, at=at)
        drain(self.mailer, now=lambda: at)

    def play(self) -> None:
        """Let everything happen, in order; scenes may add scenes."""
        while self._scenes:
            at, _, scene = heappop(self._scenes)
            scene(at)
