"""The icon and the logo, as Home Assistant serves them."""

from collections.abc import Callable, Coroutine
from io import BytesIO
from typing import Any

from aiohttp.test_utils import TestClient
from PIL import Image
import pytest

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component


@pytest.mark.usefixtures("enable_custom_integrations")
@pytest.mark.parametrize(
    ("name", "height", "square"),
    [
        ("icon.png", 256, True),
        ("icon@2x.png", 512, True),
        ("logo.png", 128, False),
        ("logo@2x.png", 256, False),
        ("dark_icon@2x.png", 512, True),
        ("dark_logo.png", 128, False),
    ],
)
async def test_images(
    hass: HomeAssistant,
    hass_client: Callable[[], Coroutine[Any, Any, TestClient[Any, Any]]],
    name: str,
    height: int,
    square: bool,
) -> None:
    """They have the sizes that Home Assistant wants, and no background."""
    assert await async_setup_component(hass, "brands", {})
    client = await hass_client()

    async with client.get(f"/api/brands/integration/elks/{name}") as answer:
        image = Image.open(BytesIO(await answer.read()))

    assert image.height == height
    assert (image.width == height) is square
    assert image.mode == "RGBA"
    assert image.getpixel((0, 0)) == (0, 0, 0, 0)
