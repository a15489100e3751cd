"""Posts: who runs, watches and owns a project now; one stream per project.

Nothing is decided here. Each change is written in the same transaction as the mandate that is recognised or ended, so
that whether a post is filled is one stream, whoever fills it.
"""

from typing import Any, Final

import immutables

from mandate_events.deciding import Aggregate, Context, Decided, Instruction, On, PersonId, Streams, Undecided
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import ProjectId
from projects.roles import PM_OFFICER, PROJECT_MANAGER, SPONSOR

POSTS_OF_A_PROJECT: Final = frozenset({PROJECT_MANAGER, PM_OFFICER, SPONSOR})


class PostFilled(Event, frozen=True, kw_only=True):
    """From here on this person holds the post in the project."""

    project: ProjectId
    role: str
    person: PersonId


class PostVacated(Event, frozen=True, kw_only=True):
    """From here on nobody holds the post in the project."""

    project: ProjectId
    role: str
    person: PersonId


EVENTS: Final = (PostFilled, PostVacated)

Posts = immutables.Map[str, str]
"""The person in each post, by role."""


def decide(_posts: Posts | None, command: Instruction, _context: Context) -> Decided:
    raise Undecided(command)  # they follow from mandates


def evolve(posts: Posts | None, event: PostFilled | PostVacated, _record: Recorded[Any]) -> Posts:
    known: Posts = posts or immutables.Map()
    match event:
        case PostFilled(role=role, person=person):
            return known.set(role, person)
        case PostVacated(role=role):
            return known.delete(role)


POSTS: Aggregate[Posts] = Aggregate("posts", decide, evolve, events=EVENTS, records={}, project=lambda id_, _: id_)


def holder(context: Context, project: str | None, role: str) -> str | None:
    """Who holds the post; None while it is vacant."""
    return (context.read(POSTS, project) or immutables.Map()).get(role) if project else None


def posts_read(project: str | None) -> Streams:
    """What `holder` reads, and what follows from a mandate is written to."""
    return [(POSTS, project)] if project else []


def filled(context: Context, person: str, role: str, project: str | None) -> list[On]:
    """What a mandate that is recognised means for the posts of its project."""
    if project is None or role not in POSTS_OF_A_PROJECT or holder(context, project, role) == person:
        return []
    return [On(POSTS, project, PostFilled(project=project, role=role, person=person))]


def vacated(context: Context, person: str, role: str, project: str | None) -> list[On]:
    """What the end of a mandate means for the posts of its project: nothing, where another person holds it by then."""
    if project is None or holder(context, project, role) != person:
        return []
    return [On(POSTS, project, PostVacated(project=project, role=role, person=person))]
