"""Text as commands take it: what every part of the system can hold, and what a person can see."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from mandate_events.document.canonical import NotCanonical, check_text
from mandate_events.document.formats import UUID_PATTERN, Uuid, told


def _storable(text: str) -> str:
    try:
        check_text(text)
    except NotCanonical as error:
        raise PydanticCustomError("not-storable", "{why}", {"why": error.problem}) from error
    return text


Text = Annotated[str, AfterValidator(_storable)]
"""Text that every part of the system can hold: no NUL, no lone surrogate."""

Reason = Annotated[
    str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$"), AfterValidator(_storable)
]
"""Why, in one line: it is an attribute of the event, and those hold no control characters (CloudEvents 3.1)."""


def _visible(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise PydanticCustomError("not-visible", "one line of visible characters")
    return text


Line = Annotated[str, Field(min_length=1), AfterValidator(_storable), AfterValidator(_visible)]
"""One line that can be seen: a name nobody can confuse by control, format or blank characters alone."""

Title = Annotated[Line, Field(max_length=200)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
PERSON: Final = told("Opaque id of a person")
"""Says, to those who read events, that it is a person's id; and to programs that look at types, too."""

PersonId = Annotated[
    Uuid,
    Field(
        pattern=f"^{UUID_PATTERN}$",
        description="Opaque id of a person",
        examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"],
    ),
    PERSON,
]
Actor = Annotated[
    str,
    Field(
        pattern=f"^({UUID_PATTERN}|system/.+)$",
        description="Opaque id of a person, or system/<policy>",
        examples=["ce25ad4a-5edf-59aa-983a-c33342cd72ca"],
    ),
    PERSON,
]
"""Who did something: a person, or a service by a policy."""

ThingId = Annotated[str, Field(pattern=f"^{UUID_PATTERN}$", examples=["0190f3a5-7b1c-5c7e-9f43-5a1d2c3b4e5f"])]
"""The id of a thing, as a command names it."""

Hash = Annotated[
    str, Field(pattern=r"^[0-9a-f]{64}$", examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
]
"""The SHA-256 of a document, as a command names it."""
