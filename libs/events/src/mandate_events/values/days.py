"""Days: they end at midnight in a time zone, which is an instant like any other."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The midnight at which a day ends, in UTC. `OverflowError` at the ends of the calendar."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The day that an instant falls on."""
    return moment.astimezone(zone).date()
