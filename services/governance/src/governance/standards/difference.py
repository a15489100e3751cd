"""What changed from one version of a standard to another, in the words of the field, in English and French."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from governance.standards.content import Calendar, Content, Control, GatePath, Item, Kpi, Risk

Language: TypeAlias = Literal["en", "fr"]
Kind: TypeAlias = Literal[
    "title",
    "text",
    "gate-path",
    "phase",
    "gate",
    "criterion",
    "deliverable",
    "evidence",
    "control",
    "checklist",
    "check",
    "role",
    "duty",
    "tolerance",
    "risk-zone",
    "acceptance-limit",
    "kpi",
    "evm-method",
    "calendar",
    "decider",
]
How: TypeAlias = Literal["added", "removed", "changed"]
Told: TypeAlias = tuple[Kind, str, str]
"""What it is, its id in the document, and what the document says of it."""

Word: TypeAlias = Callable[[str], str]
"""An English word, in the language asked for."""

NAMES: Final[Mapping[Kind, tuple[str, str]]] = {
    "title": ("the title", "le titre"),
    "text": ("the prose", "la prose"),
    "gate-path": ("the gate path", "le parcours de jalons"),
    "phase": ("the phase", "la phase"),
    "gate": ("the gate", "le jalon"),
    "criterion": ("the criterion", "le critère"),
    "deliverable": ("the deliverable", "le livrable"),
    "evidence": ("the evidence", "la preuve"),
    "control": ("the control", "le contrôle"),
    "checklist": ("the checklist", "la liste de vérification"),
    "check": ("the check", "la vérification"),
    "role": ("the role", "le rôle"),
    "duty": ("the duty of", "le devoir de"),
    "tolerance": ("the tolerance on", "la tolérance sur"),
    "risk-zone": ("the risk zone of", "la zone de risque de"),
    "acceptance-limit": (
        "the risk score that a PM may accept",
        "le score de risque qu'un chef de projet peut accepter",
    ),
    "kpi": ("the KPI", "l'indicateur"),
    "evm-method": ("the earned value method", "la méthode de la valeur acquise"),
    "calendar": ("the calendar", "le calendrier"),
    "decider": ("who decides", "qui décide de"),
}
"""Of each kind of thing, what it is called in English and in French."""

ALONE: Final = frozenset({"title", "text", "acceptance-limit", "evm-method"})
"""What a version has once: it needs no id."""

FRENCH: Final[Mapping[str, str]] = {
    "time": "les délais",
    "cost": "les coûts",
    "quality": "la qualité",
    "scope": "le périmètre",
    "risk": "les risques",
    "benefits": "les bénéfices",
    "sustainability": "la durabilité",
    "low": "faible",
    "medium": "moyenne",
    "high": "élevée",
    "critical": "critique",
    "mandatory": "obligatoire",
    "optional": "facultatif",
    "computed": "calculé",
    "typed": "saisi",
    "higher is better": "plus, c'est mieux",
    "lower is better": "moins, c'est mieux",
    "green up to": "vert jusqu'à",
    "amber up to": "orange jusqu'à",
    "hours a day": "heures par jour",
    "holidays": "jours fériés",
    "then": "puis",
    "sponsor": "commanditaire",
    "pmo": "PMO",
    "mon": "lun",
    "tue": "mar",
    "wed": "mer",
    "thu": "jeu",
    "fri": "ven",
    "sat": "sam",
    "sun": "dim",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was. `before` or `after` is None where it is not in that version."""

    what: Kind
    id: str
    before: str | None
    after: str | None

    @property
    def change(self) -> How:
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    def says(self, language: Language) -> str:
        """The difference as a sentence."""
        name = NAMES[self.what][0 if language == "en" else 1]
        id_ = FRENCH[self.id] if language == "fr" and self.what == "tolerance" else self.id
        what = name if self.what in ALONE else f"{name} {id_}"
        if language == "fr":
            return self._in_french(what)
        if self.before is None:
            return f"New: {what}: “{self.after}”"
        if self.after is None:
            return f"Gone: {what}, which was “{self.before}”"
        return f"Changed: {what}, from “{self.before}” to “{self.after}”"

    def _in_french(self, what: str) -> str:
        if self.before is None:
            return f"Ajout : {what} : « {self.after} »"
        if self.after is None:
            return f"Suppression : {what}, avant : « {self.before} »"
        return f"Modification : {what}, de « {self.before} » à « {self.after} »"


def differences(before: Content, after: Content, language: Language = "en") -> list[Difference]:
    """What is not the same in both, in the order of the document; what was removed stands at the end."""
    old = {(what, id_): says for what, id_, says in _told(before, language)}
    new = {(what, id_): says for what, id_, says in _told(after, language)}
    return [
        Difference(what, id_, old.get((what, id_)), new.get((what, id_)))
        for what, id_ in {**new, **old}
        if old.get((what, id_)) != new.get((what, id_))
    ]


def _told(content: Content, language: Language) -> Iterator[Told]:
    """All that a version says, thing by thing."""

    word = FRENCH.__getitem__ if language == "fr" else str
    yield "title", "title", content.title
    if content.text:
        yield "text", "text", content.text
    for path in content.paths:
        yield from _path(path, word)
    for control in content.controls:
        yield "control", control.id, _control(control, word)
    for checklist in content.checklists:
        yield "checklist", checklist.id, checklist.title
        yield from _items("check", checklist.id, checklist.items)
    for role in content.roles:
        yield "role", role.id, role.title
        for duty in role.duties:
            yield "duty", f"{role.id}: {duty}", duty
    for dimension, tolerance in content.tolerances.items():
        yield "tolerance", dimension, tolerance
    if content.risk:
        yield from _risk(content.risk, word)
    for kpi in content.kpis:
        yield "kpi", kpi.id, _kpi(kpi, word)
    if content.evm_method:
        yield "evm-method", "evm-method", content.evm_method
    for calendar in content.calendars:
        yield "calendar", calendar.id, _calendar(calendar, word)
    for kind, decider in content.deciders.items():
        yield "decider", kind, word(decider)


def _path(path: GatePath, word: Word) -> Iterator[Told]:
    order = f" {word('then')} ".join(phase.title for phase in path.phases)
    yield "gate-path", path.id, f"{path.title}: {order}"
    for phase in path.phases:
        gate = phase.gate
        yield "phase", f"{path.id}/{phase.id}", f"{phase.title} → {gate.id}"
        yield "gate", f"{path.id}/{gate.id}", gate.title
        yield from _items("criterion", f"{path.id}/{gate.id}", gate.criteria)
        yield from _items("deliverable", f"{path.id}/{gate.id}", gate.deliverables)
        yield from _items("evidence", f"{path.id}/{gate.id}", gate.evidence)


def _items(kind: Kind, of: str, items: Iterable[Item]) -> Iterator[Told]:
    for item in items:
        yield kind, f"{of}/{item.id}", item.title


def _control(control: Control, word: Word) -> str:
    return f"{control.title}, {word('mandatory' if control.mandatory else 'optional')}"


def _risk(risk: Risk, word: Word) -> Iterator[Told]:
    for probability, row in enumerate(risk.matrix, start=1):
        for impact, zone in enumerate(row, start=1):
            yield "risk-zone", f"P{probability} x I{impact}", word(zone)
    yield "acceptance-limit", "acceptance-limit", str(risk.acceptance_limit)


def _kpi(kpi: Kpi, word: Word) -> str:
    says = [f"{kpi.title} ({kpi.unit})", word(kpi.direction.replace("-", " "))]
    says += [word("computed" if kpi.computed else "typed"), *([kpi.formula] if kpi.formula else [])]
    if kpi.thresholds:
        says += [f"{word('green up to')} {kpi.thresholds.green}", f"{word('amber up to')} {kpi.thresholds.amber}"]
    return ", ".join(says)


def _calendar(calendar: Calendar, word: Word) -> str:
    days = " ".join(map(word, calendar.weekdays))
    holidays = ", ".join(day.isoformat() for day in calendar.holidays)
    says = [calendar.title, days, f"{calendar.hours_per_day} {word('hours a day')}"]
    return ", ".join([*says, *([f"{word('holidays')}: {holidays}"] if holidays else [])])
