"""The form of a repair, filled in over HTTP as the frontend does."""

from typing import Any

from aiohttp.test_utils import TestClient

from custom_components.elks.const import DOMAIN


class RepairForm:
    """The form of a repair."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        """Begin without a form."""
        self._client = client
        self._flow = ""

    async def open(self, issue_id: str) -> dict[str, Any]:
        """Open the form and return it."""
        step = await self._post("", handler=DOMAIN, issue_id=issue_id)
        self._flow = f"/{step['flow_id']}"
        return step

    async def submit(self, **data: str) -> dict[str, Any]:
        """Submit it and return what follows."""
        return await self._post(self._flow, **data)

    async def _post(self, path: str, **data: str) -> dict[str, Any]:
        path = f"/api/repairs/issues/fix{path}"
        async with self._client.post(path, json=data) as response:
            assert response.status == 200
            step: dict[str, Any] = await response.json()
            return step
