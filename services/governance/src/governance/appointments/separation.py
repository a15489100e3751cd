"""Separation of duties by the posts of a project: who holds one is too close to decide on the project for the PMO."""

from typing import Any

from governance.appointments.appointment import APPOINTMENT, Appointments
from mandate_events.deciding import Context


def _posts(context: Context) -> Appointments:
    """Who runs, watches and owns the project that is decided on."""
    return (context.read(APPOINTMENT, context.project) if context.project else None) or Appointments()


def runs_the_project(_state: Any, _command: Any, context: Context) -> bool:
    return _posts(context).manager == context.actor


def owns_the_project(_state: Any, _command: Any, context: Context) -> bool:
    """The sponsor wants the project: whether it goes on, and who fills its posts, is for another to decide."""
    return _posts(context).sponsor == context.actor


def is_its_officer(_state: Any, _command: Any, context: Context) -> bool:
    """A PMO member who is the PMOfficer of a project decides nothing for the PMO on it."""
    return _posts(context).officer == context.actor
