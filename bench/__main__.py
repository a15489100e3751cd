"""`make bench`: prints a table and writes bench/results.json."""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import uvloop

from bench import appending, serving
from bench.comparison import Comparison, Row
from bench.recognising import Recognition
from bench.replaying import Replays
from mandate_local.broker import KafkaBroker, available
from mandate_local.postgres import EmbeddedPostgres
from mandate_web.app.tuning import tune_garbage_collection

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="make bench", description="What the product costs, side by side with its limits."
    )
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds of each row (default: %(default)s)")
    parser.add_argument("--only", default="", help="only rows whose name holds this text")
    options = parser.parse_args()
    tune_garbage_collection()
    with (
        tempfile.TemporaryDirectory(prefix="mandate-bench-") as directory,
        EmbeddedPostgres(Path(directory) / "postgres", max_connections=300) as postgres,
    ):
        rows = _measure(postgres, Path(directory), options.rounds, options.only)
    if not options.only:
        RESULTS.write_text(json.dumps([row.as_dict() for row in rows], indent=2) + "\n")
        print(f"written to {RESULTS.relative_to(Path.cwd())}")


def _measure(postgres: EmbeddedPostgres, directory: Path, rounds: int, only: str) -> list[Row]:
    rows = []
    _heading()
    in_process = [*appending.comparisons(postgres), *Replays(postgres).comparisons(), *serving.comparisons(postgres)]
    rows += _run(in_process, rounds, only)
    if (reason := available()) is not None:
        print(f"NOT MEASURED over Kafka: {reason}")
    elif _wanted(Recognition(postgres, "").comparisons(), only):
        with KafkaBroker(directory / "kafka") as broker:
            rows += _run(Recognition(postgres, broker.bootstrap).comparisons(), rounds, only)
    return rows


def _wanted(comparisons: Sequence[Comparison], only: str) -> list[Comparison]:
    return [comparison for comparison in comparisons if only in comparison.name]


def _run(comparisons: Sequence[Comparison], rounds: int, only: str) -> list[Row]:
    rows = []
    for comparison in _wanted(comparisons, only):
        print(f"  {comparison.name} ...", end="\r", flush=True, file=sys.stderr)
        row = uvloop.run(comparison.run(rounds))
        rows.append(row)
        met = "met" if row.ratio >= row.goal else "MISSED"
        print(
            f"{row.name:62} {row.ours:>10,.0f} {row.theirs:>10,.0f} {row.unit:20}"
            f" {row.ratio:>6.2f} {row.goal:>5.2f} {met:7} {row.spread:>6.0%}"
        )
    return rows


def _heading() -> None:
    print(f"{'':62} {'ours':>10} {'reference':>10} {'unit':20} {'ratio':>6} {'goal':>5} {'':7} {'spread':>6}")


if __name__ == "__main__":
    main()
