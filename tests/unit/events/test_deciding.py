"""What people may send: text that can be stored, reasons that fit an attribute, and errors that say what is wrong."""

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from mandate_events.deciding import (
    Aggregate,
    Command,
    Decision,
    Invalid,
    PersonId,
    Refused,
    Slug,
    Text,
    Title,
    Unknown,
    VersionConflict,
)
from mandate_events.values.money import MoneyInput


class Form(BaseModel):
    text: Text = ""
    title: Title = "t"
    slug: Slug = "s"
    person: PersonId = "0190163d-8694-739b-aea5-966c26f8ad91"


@pytest.mark.parametrize("reason", ["Because", "é \N{PILE OF POO}", "x" * 500])
def test_a_reason_is_one_line(reason: str) -> None:
    assert Decision(reason=reason).reason == reason
    assert Command(reason=reason).reason == reason


@pytest.mark.parametrize("reason", ["", "a\nb", "a\n", "a\0", "a\x7f", "a\x85", "\ud800", "x" * 501])
def test_a_reason_is_nothing_else(reason: str) -> None:
    """CloudEvents attributes hold no control characters."""
    for kind in (Command, Decision):
        with pytest.raises(ValidationError):
            kind(reason=reason)


def test_a_decision_says_why_and_an_ordinary_command_may() -> None:
    assert Command().reason is None
    with pytest.raises(ValidationError):
        Decision.model_validate({})


def test_what_nobody_asked_for_is_refused() -> None:
    with pytest.raises(ValidationError):
        Command.model_validate({"reasno": "a slip of the pen"})


def test_text_is_storable() -> None:
    assert Form(text="line\nline\té").text == "line\nline\té"
    for bad in ("a\0b", "é\0"):
        with pytest.raises(ValidationError, match="NUL"):
            Form(text=bad)
    with pytest.raises(ValidationError):
        Form(text="\ud800")


@pytest.mark.parametrize("bad", [{"title": ""}, {"title": "x" * 201}, {"title": "a\0"}])
def test_a_title_is_short_text(bad: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Form.model_validate(bad)


@pytest.mark.parametrize("slug", ["", "-a", "a-", "a--b", "A", "a_b", "a/b", "a\n", "x" * 65])
def test_a_slug_has_one_spelling(slug: str) -> None:
    with pytest.raises(ValidationError):
        Form(slug=slug)


@pytest.mark.parametrize("person", ["", "x", "0190163D-8694-739B-AEA5-966C26F8AD91", "system/start"])
def test_a_person_is_an_opaque_id(person: str) -> None:
    """Nobody can name the system, or a mandate, as a person."""
    with pytest.raises(ValidationError):
        Form(person=person)


def test_refusals_explain_themselves() -> None:
    refused = Refused("too-few-members", needed=2)
    assert (refused.rule, refused.facts, refused.authority) == ("too-few-members", {"needed": 2}, False)
    assert Refused("no-right", authority=True).authority
    assert str(Unknown("risk/1")) == "there is no risk/1"
    invalid = Invalid("/a", "other-currency", currency="AUD")
    assert (invalid.pointer, invalid.sentence, invalid.facts) == ("/a", "other-currency", {"currency": "AUD"})
    conflict = VersionConflict("risk/1", 2, 3)
    assert str(conflict) == "risk/1 is at version 3, not 2"
    assert (conflict.expected, conflict.actual) == (2, 3)


def test_an_aggregate_names_its_streams_and_by_default_no_project_and_no_standard() -> None:
    things: Aggregate[int] = Aggregate("thing", lambda *_: [], lambda *_: 1)
    assert things.stream("7") == "thing/7"
    assert things.project("7", 1) is None
    assert things.standard(1) is None


@pytest.mark.parametrize("title", ["", " ", "\u200b", "\u202eevil", "a\nb", "\x1b[31mred", "\ufeff", "\x00"])
def test_a_title_is_one_visible_line(title: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Title).validate_python(title)


@pytest.mark.parametrize("amount", ["1_000", "1e5", "\u0661", " 1", "+1", "1.", ".5", "-1", "", "1.234", 10.5, True])
def test_an_amount_is_written_plainly(amount: object) -> None:
    with pytest.raises(ValidationError):
        MoneyInput.model_validate({"amount": amount, "currency": "AUD"})


@pytest.mark.parametrize(
    ("amount", "recorded"), [("10", "10.00"), ("0.5", "0.50"), ("1234567.89", "1234567.89"), (7, "7.00")]
)
def test_an_amount_is_recorded_in_one_spelling(amount: object, recorded: str) -> None:
    assert MoneyInput.model_validate({"amount": amount, "currency": "AUD"}).recorded().amount == recorded
