from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from dentalization.api.app import create_app
from dentalization.context import Context


@pytest.fixture
async def app_browser(context: Context) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor with cookies of its own."""
    transport = httpx.ASGITransport(app=create_app(context), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client
