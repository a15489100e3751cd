"""Refusals: typed values of the domain. The edge of the system gives each a status."""

from typing import Any


class Refused(Exception):
    """The rules forbid it: the rule's name, and the facts that its sentence tells.

    `authority` means that the person may not; otherwise the state does not allow it.
    """

    def __init__(self, rule: str, /, *, authority: bool = False, **facts: Any) -> None:
        super().__init__(rule, facts)
        self.rule = rule
        self.authority = authority
        self.facts = facts


class Unknown(Exception):
    """There is no such thing."""

    def __init__(self, stream: str) -> None:
        super().__init__(f"there is no {stream}")
        self.stream = stream


class NotYet(Exception):
    """What a policy's command builds on is not here yet: it waits behind an event that is parked."""


class Invalid(Exception):
    """The command contradicts what it refers to: the member it is (RFC 6901), a sentence's name and its facts."""

    def __init__(self, pointer: str, sentence: str, /, **facts: Any) -> None:
        super().__init__(pointer, sentence, facts)
        self.pointer = pointer
        self.sentence = sentence
        self.facts = facts


class TooLarge(Invalid):
    """The command would record more than one decision may: it is for the caller to ask for less at a time."""

    def __init__(self, why: str) -> None:
        super().__init__("", "not-canonical", why=why)


class VersionConflict(Exception):
    """The stream is not at the version the caller saw."""

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        super().__init__(f"{stream} is at version {actual}, not {expected}")
        self.stream = stream
        self.expected = expected
        self.actual = actual


class Undecided(TypeError):
    """A command reached a thing that does not decide it: a fault of ours, and no refusal."""

    def __init__(self, command: object) -> None:
        super().__init__(f"{type(command).__name__} is not decided here, or not in this state")


class Unfolded(TypeError):
    """An event stands on a stream where it means nothing: a fault of ours."""

    def __init__(self, event: object) -> None:
        super().__init__(f"{type(event).__name__} means nothing here, or not in this state")
