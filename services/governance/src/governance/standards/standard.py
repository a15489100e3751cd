"""Standards: versions of the methodology. A published one never changes; projects run to the one they were given.

A draft is written by some, reviewed by others, and published by another than who wrote it alone. A version that is
retired names what follows it: no project is given it any more, and those that run to it go on.
"""

from typing import Annotated, Any, Literal, TypeAlias

import immutables
import msgspec
from pydantic import Field

from governance.standards.content import Content, Decider, members
from governance.standards.document import DocumentCommand, recorded
from governance.standards.ready import AdoptTemplate, ready
from mandate_events.deciding import (
    Aggregate,
    Command,
    Context,
    Decided,
    Decision,
    Invalid,
    Looking,
    Refused,
    State,
    Streams,
    Text,
    Undecided,
    Unfolded,
    replace,
    says,
)
from mandate_events.document.event import Event, Recorded
from mandate_events.document.formats import Versioned

Verdict: TypeAlias = Literal["approve", "revise"]
Status: TypeAlias = Literal["draft", "published", "retired"]
StandardReference: TypeAlias = Annotated[
    str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*@[1-9][0-9]{0,5}$", examples=["capital-delivery@1"])
]


class StandardDrafted(Content, frozen=True, kw_only=True):
    """A new version is being written. `text` is the SHA-256 of its prose, where that was given."""

    version: int
    template: str | None = None
    """The ready standard that it begins with, and its language: `light.en`."""


class StandardDraftRevised(Content, frozen=True, kw_only=True):
    """The draft was rewritten as a whole. Reviews of what it was before no longer count."""

    version: int


class StandardReviewed(Event, frozen=True, kw_only=True):
    """Somebody who did not write the draft read it, and would have it published, or revised."""

    version: int
    verdict: Verdict
    comment: str | None = None


class StandardPublished(Content, frozen=True, kw_only=True):
    """The version is in force for projects authorised under it. It never changes again."""

    version: int


class StandardRetired(Event, frozen=True, kw_only=True):
    """No project is given the version any more, but its successor. Those that run to it go on."""

    version: int
    successor: Versioned


EVENTS = (StandardDrafted, StandardDraftRevised, StandardReviewed, StandardPublished, StandardRetired)


class DraftStandard(DocumentCommand):
    """Begin a new version of a standard (the first one makes the standard)."""


class ReviseDraft(DocumentCommand):
    """Replace the draft's content."""


class ReviewDraft(Decision):
    """Say of a draft that others wrote whether it can be published.

    A draft that a reviewer would have revised is not published until it was, or until they approve it.
    """

    version: int = Field(ge=1, le=999_999, examples=[1])
    verdict: Verdict
    comment: Annotated[Text, Field(min_length=1, max_length=500)] | None = Field(
        default=None, examples=["Say who holds the contingency"]
    )


class PublishStandard(Decision):
    """Put the draft in force. By another person than its sole author."""

    version: int = Field(ge=1)


class RetireStandard(Decision):
    """Give a published version to no project any more, but its successor.

    Projects that run to it go on.
    """

    version: int = Field(ge=1, le=999_999, examples=[1])
    successor: StandardReference = Field(
        description="A published version, of this standard or of another", examples=["capital-delivery@2"]
    )


class Version(State, frozen=True):
    content: Content
    authors: frozenset[str]
    template: str | None = None
    reviews: immutables.Map[str, StandardReviewed] = msgspec.field(default_factory=immutables.Map)
    """What each reviewer said last of the draft as it is."""
    published: bool = False
    successor: str | None = None

    @property
    def status(self) -> Status:
        if not self.published:
            return "draft"
        return "retired" if self.successor else "published"

    @property
    def in_force(self) -> bool:
        """Whether projects may be given it."""
        return self.status == "published"

    def decider(self, kind: str) -> Decider:
        """Who decides this kind of request."""
        return next((decider for given, decider in self.content.deciders.items() if given == kind), "pmo")


class Standard(State, frozen=True):
    versions: immutables.Map[int, Version] = msgspec.field(default_factory=immutables.Map)

    @property
    def latest(self) -> int:
        return len(self.versions)

    @property
    def draft(self) -> Version | None:
        version = self.versions.get(self.latest)
        return version if version and not version.published else None


def decide(standard: Standard | None, command: Command, context: Context) -> Decided:
    standard = standard or Standard()
    match command:
        case DraftStandard():
            return [_drafted(standard, command, context)]
        case AdoptTemplate():
            _check_no_draft(standard)
            template, language = command.template, command.language
            return [_drafted(standard, ready(template, language), context, f"{template}.{language}")]
        case ReviseDraft():
            if not standard.draft:
                raise Refused("no-draft")
            return [StandardDraftRevised(version=standard.latest, **recorded(command, context))]
        case ReviewDraft():
            _draft(standard, command)
            return [says(StandardReviewed, command)]
        case PublishStandard():
            return [_published(standard, command)]
        case RetireStandard():
            return [_retired(standard, command, context)]
        case _:
            raise Undecided(command)


def _drafted(
    standard: Standard, document: DocumentCommand, context: Context, template: str | None = None
) -> StandardDrafted:
    _check_no_draft(standard)
    return StandardDrafted(version=standard.latest + 1, template=template, **recorded(document, context))


def _check_no_draft(standard: Standard) -> None:
    """There is one at a time."""
    if standard.draft:
        raise Refused("draft-open", version=standard.latest)


def _draft(standard: Standard, command: ReviewDraft | PublishStandard) -> Version:
    if standard.draft is None or command.version != standard.latest:
        raise Refused("no-such-draft", version=command.said("version"))
    return standard.draft


def _published(standard: Standard, command: PublishStandard) -> StandardPublished:
    if standard.draft and any(review.verdict == "revise" for review in standard.draft.reviews.values()):
        raise Refused("draft-to-be-revised", version=standard.latest)
    draft = _draft(standard, command)
    return StandardPublished(version=standard.latest, **members(draft.content))


def _retired(standard: Standard, command: RetireStandard, context: Context) -> StandardRetired:
    in_force = [number for number, version in standard.versions.items() if version.in_force]
    if not in_force or command.version not in in_force:
        raise Refused("no-such-version-in-force", version=command.said("version"))
    if command.successor == f"{context.subject}@{command.version}":
        raise Invalid("/successor", "own-successor")
    name, number = parse(command.successor)
    other = standard if name == context.subject else context.read(STANDARD, name)
    successor = other.versions.get(number) if other else None
    if successor is None or not successor.in_force:
        raise Invalid("/successor", "not-a-published-standard", standard=command.successor)
    return says(StandardRetired, command)


def reads(_standard: Standard | None, command: Command, _looking: Looking) -> Streams:
    """What follows a retired version may be a version of another standard."""
    return standard_read(command.successor) if isinstance(command, RetireStandard) else ()


def evolve(standard: Standard | None, event: Event, record: Recorded[Any]) -> Standard:
    standard = standard or Standard()
    match event:
        case StandardDrafted() | StandardDraftRevised():
            before = standard.versions.get(event.version)
            authors = (before.authors if before else frozenset()) | {record.actor}
            template = event.template if isinstance(event, StandardDrafted) else before.template if before else None
            version = Version(Content(**members(event)), authors, template)
        case StandardReviewed():
            draft = standard.versions[event.version]
            version = replace(draft, reviews=draft.reviews.set(record.actor, event))
        case StandardPublished():
            version = replace(standard.versions[event.version], published=True)
        case StandardRetired(successor=successor):
            version = replace(standard.versions[event.version], successor=successor)
        case _:
            raise Unfolded(event)
    return Standard(standard.versions.set(event.version, version))


STANDARD: Aggregate[Standard] = Aggregate(
    "standard",
    decide,
    evolve,
    events=EVENTS,
    records={
        DraftStandard: (StandardDrafted,),
        AdoptTemplate: (StandardDrafted,),
        ReviseDraft: (StandardDraftRevised,),
        ReviewDraft: (StandardReviewed,),
        PublishStandard: (StandardPublished,),
        RetireStandard: (StandardRetired,),
    },
    reads=reads,
    opened_by=frozenset({DraftStandard, AdoptTemplate}),
)


def parse(reference: str) -> tuple[str, int]:
    """`capital-delivery@2` is version 2 of capital-delivery."""
    name, _, number = reference.partition("@")
    return name, int(number)


def version_of(context: Context, reference: str) -> Version | None:
    """The version that `capital-delivery@2` names, a draft too; None where there is none."""
    name, number = parse(reference)
    standard = context.read(STANDARD, name)
    return standard.versions.get(number) if standard else None


def standard_read(reference: str) -> Streams:
    """What `version_of` reads."""
    return [(STANDARD, parse(reference)[0])]


def given_version(context: Context, reference: str) -> Version:
    """The version in force that a command gives a project. `Invalid` where it is no such one."""
    version = version_of(context, reference)
    if version is None or not version.in_force:
        raise Invalid("/standard", "not-a-published-standard", standard=reference)
    return version


def check_gate_path(version: Version, reference: str, path: str) -> None:
    """The version must have the path."""
    known = sorted(each.id for each in version.content.paths)
    if path not in known:
        raise Invalid("/gate_path", "no-such-gate-path", standard=reference, path=path, known=known)
