"""What the integration tests share."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.over_http import Product, founded_product


@pytest_asyncio.fixture(scope="module")
async def product() -> AsyncIterator[Product]:
    async with founded_product() as running:
        yield running
