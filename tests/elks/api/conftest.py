"""A client of the simulated 46elks, over real sockets."""

from collections.abc import AsyncIterator

from aiohttp import ClientSession
import pytest

from custom_components.elks.api import ElksClient
from simulator import Simulator


@pytest.fixture
async def client(provider: Simulator) -> AsyncIterator[ElksClient]:
    """Return a client with the account's credentials."""
    async with ClientSession() as session:
        yield ElksClient(
            session, provider.username, provider.password, provider.api_url
        )
