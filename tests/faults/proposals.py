"""The file that is imported: the public one, or, where it is absent, one of our own with rows of the same shapes."""

import csv
import os
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Final

ROWS: Final = 445
NAME: Final = "Capital_Delivery_Project_deidentified.csv"
MAPS: Final = ("--map", "2 Gate - IT=two-gate", "--map", "Minor Procurement=two-gate")

_ROOT: Final = Path(__file__).resolve().parents[2]
_HEADER: Final = (
    "ID,FFC,Delivery Program,Tender Closed,Owner Group,BNI,BCA,PBC,EPT,Approval body,Owner Team,Stage1,Stage2,Stage3"
)
_PATHS: Final = (
    *["2 Gate Major Infrastructure"] * 273,
    *["3 Gate Major Infrastructure"] * 148,
    *["4 Gate Major Infrastructure"] * 22,
    "2 Gate - IT",
    "Minor Procurement",
)


def proposals_file(directory: Path) -> Path:
    """The public file if the data directory (MANDATE_DATA) has it, else one made in `directory`."""
    data = Path(os.environ.get("MANDATE_DATA") or _ROOT.parent / "shared" / "data")
    public = next(iter(sorted(data.rglob(NAME))), None)
    return public or made(directory / "proposals.csv")


def made(path: Path) -> Path:
    """The same file every time: amounts as a spreadsheet's doubles print, dates in all the ways people wrote them."""
    chance = random.Random(ROWS)  # noqa: S311 - data, not secrets
    paths = list(_PATHS)
    chance.shuffle(paths)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_HEADER.split(","))
        for number, gate_path in enumerate(paths, start=1):
            conceived = date(2014, 1, 1) + timedelta(days=chance.randrange(2_500))
            days = [conceived + timedelta(days=chance.randrange(90) + 200 * step) for step in range(1, 6)]
            approved, closed, *stages = (f"{day.isoformat()} 17:00:00" for day in days)
            writer.writerow(
                [
                    f"G{number:05d}",
                    chance.choice([repr(chance.uniform(1e4, 4e7) * 1.1), str(chance.randrange(10_000, 40_000_000))]),
                    chance.choice(["Major Works - Framework", "Major Works - Small Scale", "Contestable"]),
                    chance.choice([closed, closed, ""]),
                    chance.choice(["Service & Asset Lifecycle", "Corporate Services"]),
                    _slashed(conceived, chance.choice(["", " 5:00:00 PM"])),
                    approved,
                    chance.choice(["", _slashed(days[0], " 5:00:00 PM"), _slashed(days[0], "")]),
                    gate_path,
                    chance.choice(["People Leadership Group", "Managing Director", "Finance, Audit and Risk"]),
                    chance.choice(["Major Capital Delivery", "General Counsel", "Treatment - North & West"]),
                    *stages,
                ]
            )
    return path


def _slashed(day: date, time: str) -> str:
    return f"{day.day}/{day.month:02d}/{day.year}{time}"
