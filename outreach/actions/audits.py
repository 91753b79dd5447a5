"""Audits kept, so that the operators' page shows the newest."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete

from outreach.db import transaction
from outreach.models.audit import Audit

KEPT = timedelta(days=90)


def keep_audit(report: dict[str, Any], *, is_sound: bool, seconds: float, at: datetime) -> None:
    """Keep what was found; what is older than 90 days goes."""
    with transaction() as session:
        session.execute(delete(Audit).where(Audit.at < at - KEPT))
        session.add(Audit(at=at, is_sound=is_sound, seconds=seconds, report=report))
