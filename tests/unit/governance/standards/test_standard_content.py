"""Row 3: what a version of a standard says, what it cannot say, and what changed from one to another."""

from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

from governance.standards.content import Content, Gate, GatePath, Item, Phase
from governance.standards.difference import Difference, differences
from governance.standards.document import MOST_BYTES, DocumentCommand
from governance.standards.standard import STANDARD, DraftStandard, StandardDrafted, Version
from mandate_events.testing import Scenario
from tests.unit.governance.conftest import ANN

ROW = ["low", "low", "medium", "high", "critical"]
FULL: dict[str, Any] = {
    "title": "Roads",
    "paths": [
        {
            "id": "one",
            "title": "One gate",
            "phases": [
                {
                    "id": "do",
                    "title": "Do",
                    "gate": {
                        "id": "g1",
                        "title": "Done",
                        "criteria": [{"id": "accepted", "title": "All accepted"}],
                        "deliverables": [{"id": "road", "title": "A road"}],
                        "evidence": [{"id": "record", "title": "Record of acceptance"}],
                    },
                }
            ],
        }
    ],
    "controls": [{"id": "cost-review", "title": "Cost review", "mandatory": True}],
    "checklists": [{"id": "before", "title": "Before", "items": [{"id": "permit", "title": "Permit"}]}],
    "roles": [{"id": "sponsor", "title": "Sponsor", "duties": ["Accepts"]}],
    "tolerances": {"time": "20", "cost": "10 %", "quality": "None below target"},
    "risk": {"matrix": [ROW] * 5, "acceptance_limit": 9},
    "kpis": [
        {
            "id": "spi",
            "title": "SPI",
            "unit": "ratio",
            "direction": "higher-is-better",
            "computed": True,
            "formula": "EV / PV",
            "thresholds": {"green": "0.95", "amber": "0.85"},
        }
    ],
    "evm_method": "units",
    "calendars": [
        {
            "id": "site",
            "title": "Site",
            "weekdays": ["mon", "sat"],
            "hours_per_day": "8.5",
            "holidays": ["2026-12-25"],
        }
    ],
    "deciders": {"change": "sponsor"},
}


def drafting(**changes: Any) -> DraftStandard:
    return DraftStandard.model_validate({**FULL, **changes})


def says(**changes: Any) -> Content:
    """The content as events carry it."""
    return msgspec.convert({**FULL, **changes}, Content)


def test_all_that_was_sent_is_on_record(office: Scenario) -> None:
    outcome = office.when(STANDARD, "roads", drafting(), by=ANN)
    outcome.then(StandardDrafted(version=1, **msgspec.structs.asdict(says())))


def test_title_and_gate_paths_are_enough(office: Scenario) -> None:
    command = DraftStandard.model_validate({"title": "Roads", "paths": FULL["paths"]})
    gate = Gate(
        "g1",
        "Done",
        [Item("accepted", "All accepted")],
        [Item("road", "A road")],
        [Item("record", "Record of acceptance")],
    )
    office.when(STANDARD, "roads", command, by=ANN).then(
        StandardDrafted(version=1, title="Roads", paths=[GatePath("one", "One gate", [Phase("do", "Do", gate)])])
    )


def items(number: int) -> list[dict[str, str]]:
    return [{"id": f"a{each}", "title": "ü" * 200} for each in range(number)]


def test_the_largest_document_that_is_taken_fits_into_one_event(office: Scenario) -> None:
    checklists = [{"id": f"c{number}", "title": "C", "items": items(14)} for number in range(9)]
    fitting = drafting(checklists=checklists, reason="ü" * 500)
    (record,) = office.when(STANDARD, "roads", fitting, by=ANN).records
    size = len(msgspec.json.encode(msgspec.structs.asdict(record.data)))
    assert MOST_BYTES * 0.9 < size < MOST_BYTES


def test_a_document_that_fits_into_no_event_is_not_taken(office: Scenario) -> None:
    checklists = [{"id": f"c{number}", "title": "C", "items": items(30)} for number in range(30)]
    outcome = office.when(STANDARD, "roads", drafting(checklists=checklists), by=ANN)
    outcome.invalid("")
    assert "standard-too-large" in str(outcome.refusal)


def fuller(part: str, **changes: Any) -> dict[str, Any]:
    """The full document with another first one of this part."""
    return {part: [{**FULL[part][0], **changes}]}


@pytest.mark.parametrize(
    "changes",
    [
        {"controls": FULL["controls"] * 2},
        {"checklists": FULL["checklists"] * 2},
        {"roles": FULL["roles"] * 2},
        {"kpis": FULL["kpis"] * 2},
        {"calendars": FULL["calendars"] * 2},
        fuller("checklists", items=[]),
        fuller("checklists", items=[{"id": "a", "title": "A"}] * 2),
        fuller("kpis", formula=None),
        fuller("kpis", thresholds={"green": "0.85", "amber": "0.95"}),
        fuller("kpis", thresholds={"green": "0.85", "amber": "0.95", "red": "1"}),
        fuller("kpis", direction="lower-is-better"),
        fuller("kpis", thresholds={"green": 0.85, "amber": "0.95"}),
        fuller("calendars", weekdays=[]),
        fuller("calendars", hours_per_day="25"),
        {"risk": {"matrix": [ROW] * 4, "acceptance_limit": 9}},
        {"risk": {"matrix": [ROW[:4]] * 5, "acceptance_limit": 9}},
        {"risk": {"matrix": [ROW[::-1]] * 5, "acceptance_limit": 9}},
        {"risk": {"matrix": [["high"] * 5, *[ROW] * 4], "acceptance_limit": 9}},
        {"risk": {"matrix": [ROW] * 5, "acceptance_limit": 26}},
        {"tolerances": {"mood": "10"}},
        {"tolerances": {"time": ""}},
        {"deciders": {"allocation": "sponsor"}},
        {"deciders": {"change": "project_manager"}},
        {"evm_method": "by feeling"},
    ],
)
def test_a_document_that_contradicts_itself_is_not_taken(changes: dict[str, Any]) -> None:
    assert isinstance(drafting(), DocumentCommand)
    with pytest.raises(ValidationError):
        drafting(**changes)


def test_the_pmo_decides_what_the_standard_gives_to_nobody() -> None:
    version = Version(says(), frozenset())
    assert (version.decider("change"), version.decider("gate-review")) == ("sponsor", "pmo")


# --- what changed ---


def changed(**changes: Any) -> list[Difference]:
    return differences(says(), says(**changes))


def test_the_same_has_no_differences() -> None:
    assert changed() == []
    assert differences(says(), says(), "fr") == []


def test_a_control_is_no_longer_mandatory() -> None:
    (found,) = changed(**fuller("controls", mandatory=False))
    assert (found.what, found.id, found.change) == ("control", "cost-review", "changed")
    assert (found.before, found.after) == ("Cost review, mandatory", "Cost review, optional")
    assert (
        found.says("en") == "Changed: the control cost-review, from “Cost review, mandatory” to “Cost review, optional”"
    )


def test_differences_are_told_in_french() -> None:
    old, new = says(), says(tolerances={"time": "30", "scope": "Rien"}, **fuller("controls", mandatory=False))
    assert [each.says("fr") for each in differences(old, new, "fr")] == [
        "Modification : le contrôle cost-review, de « Cost review, obligatoire » à « Cost review, facultatif »",
        "Modification : la tolérance sur les délais, de « 20 » à « 30 »",
        "Ajout : la tolérance sur le périmètre : « Rien »",
        "Suppression : la tolérance sur les coûts, avant : « 10 % »",
        "Suppression : la tolérance sur la qualité, avant : « None below target »",
    ]


def test_what_is_new_and_what_is_gone_are_told() -> None:
    (found,) = changed(controls=[*FULL["controls"], {"id": "diary", "title": "Diary", "mandatory": False}])
    assert found.says("en") == "New: the control diary: “Diary, optional”"
    (found,) = changed(controls=[])
    assert found.says("en") == "Gone: the control cost-review, which was “Cost review, mandatory”"
    (found,) = changed(evm_method=None)
    assert found.says("en") == "Gone: the earned value method, which was “units”"
    (found,) = changed(text="0" * 64)
    assert (found.what, found.change, found.says("fr")) == ("text", "added", f"Ajout : la prose : « {'0' * 64} »")


def test_a_kpi_may_have_no_thresholds() -> None:
    bare = fuller("kpis", thresholds=None)
    assert drafting(**bare).kpis[0].thresholds is None
    (found,) = changed(**bare)
    assert found.after == "SPI (ratio), higher is better, computed, EV / PV"


def test_an_added_gate_is_told_with_all_that_belongs_to_it() -> None:
    path = FULL["paths"][0]
    gate = {"id": "g2", "title": "Ended", "criteria": [{"id": "used", "title": "In use"}]}
    found = changed(paths=[{**path, "phases": [*path["phases"], {"id": "end", "title": "End", "gate": gate}]}])
    assert [(each.what, each.id, each.change) for each in found] == [
        ("gate-path", "one", "changed"),
        ("phase", "one/end", "added"),
        ("gate", "one/g2", "added"),
        ("criterion", "one/g2/used", "added"),
    ]
    assert (found[0].before, found[0].after) == ("One gate: Do", "One gate: Do then End")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_part_of_a_document_can_differ(language: Any) -> None:
    bare = msgspec.convert({"title": "Bare", "paths": []}, Content)
    kinds = {each.what for each in differences(bare, says(text="0" * 64), language)}
    assert kinds == set(Difference.__annotations__["what"].__args__)
    assert len({each.says(language) for each in differences(says(), bare, language)}) > len(kinds)


def test_words_of_a_document_are_never_read_as_a_sentence() -> None:
    (found,) = changed(title="{to} {from}")
    assert found.says("en") == "Changed: the title, from “Roads” to “{to} {from}”"


def test_zones_and_limits_are_told_one_by_one() -> None:
    matrix = [*[ROW] * 4, ["low", "medium", "medium", "high", "critical"]]
    found = changed(risk={"matrix": matrix, "acceptance_limit": 6})
    assert [(each.what, each.id, each.before, each.after) for each in found] == [
        ("risk-zone", "P5 x I2", "low", "medium"),
        ("acceptance-limit", "acceptance-limit", "9", "6"),
    ]
