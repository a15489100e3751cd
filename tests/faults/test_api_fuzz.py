"""Requests that nobody would think of, many of them: every answer is documented, and every right is kept.

The first look is tests/contract/test_openapi_fuzz.py; each round of `make faults` asks two more of each operation.
"""

from collections import Counter

import pytest

from tests.contract.fuzzing import SERVICES, Api, findings, running
from tests.faults.campaign import ROUNDS, SEED


@pytest.mark.timeout(120 + 60 * ROUNDS)
def test_every_answer_is_documented_and_every_right_is_kept() -> None:
    answered: Counter[int] = Counter()
    with running() as product:
        wrong = [
            each
            for service in SERVICES
            for api in [Api(product, service)]
            for operation in api.operations()
            for each in findings(api, operation, 2 * ROUNDS, SEED, answered)
        ]
    print(f"MANDATE_FAULT_SEED={SEED}", dict(answered))  # noqa: T201 - shown when it fails
    assert not wrong, "\n\n".join(wrong)
