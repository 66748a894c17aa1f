"""The time: of an event, and of what is due."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from vae_course.course import CourseError


def now() -> datetime:
    """The present, in UTC. VAE_COURSE_NOW (such as 2026-03-01T18:00) takes its place, so that weeks can pass in a test.

    A time without a zone is local time. CourseError for what is no time.
    """
    given = os.environ.get("VAE_COURSE_NOW")
    if not given:
        return datetime.now(UTC)
    try:
        return datetime.fromisoformat(given).astimezone(UTC)
    except ValueError:
        raise CourseError(f"VAE_COURSE_NOW is {given!r}; give a time such as 2026-03-01T18:00, or leave it away.") from None


def day(moment: datetime, present: datetime) -> str:
    """A day as people say it, seen from the present: today, tomorrow, or Friday 6 March; both in local time."""
    date, today = moment.astimezone().date(), present.astimezone().date()
    away = (date - today).days
    if away <= 1:
        return "tomorrow" if away == 1 else "today"
    return f"{date:%A} {date.day} {date:%B}" + (f" {date.year}" if date.year != today.year else "")
