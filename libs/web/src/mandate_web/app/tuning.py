"""Tuning of the interpreter for a long-running service."""

import gc


def tune_garbage_collection() -> None:
    """Leave what start-up made out of collection, and collect the rest less often.

    A service holds tens of thousands of immutable folds; walking them again and again finds nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
