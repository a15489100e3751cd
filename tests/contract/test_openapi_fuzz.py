"""Whatever is asked, by whomever: the answer is documented, and nothing is done without a right.

`make faults` asks much more.
"""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.contract.fuzzing import SERVICES, Api, findings, running
from tests.e2e.running import Product

EXAMPLES = 2
SEED = 20


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with running() as found:
        yield found


@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_is_documented_and_every_right_is_kept(product: Product, service: str) -> None:
    api = Api(product, service)
    answered: Counter[int] = Counter()
    wrong = [each for operation in api.operations() for each in findings(api, operation, EXAMPLES, SEED, answered)]
    assert not wrong, "\n\n".join(wrong)
    assert {200, 401, 403, 404, 422} <= answered.keys()


def test_what_is_done_without_a_right_is_found(product: Product) -> None:
    """Measured against a table that permits nothing, what is permitted is found."""
    api = Api(product, "reporting")
    api.rights.clear()
    (operation,) = (each for each in api.operations() if each.path == "/v1/portfolio")
    wrong = findings(api, operation, 2, SEED, Counter())
    assert any("GET /v1/portfolio: done without a right by pmo-1" in each for each in wrong)


def test_an_answer_that_is_not_documented_is_found(product: Product) -> None:
    document = Api.document(product, "reporting")
    del document["paths"]["/v1/portfolio"]["get"]["responses"]["401"]
    api = Api(product, "reporting", document)
    (operation,) = (each for each in api.operations() if each.path == "/v1/portfolio")
    (wrong,) = findings(api, operation, 2, SEED, Counter())
    assert "Undocumented status code 401" in wrong
