"""Planning that starts again when the account is reloaded meanwhile."""

from collections.abc import Awaitable, Callable

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import service

from ..const import DOMAIN
from ..runtime import ElksConfigEntry, ElksData, async_wait_settled, is_loaded


async def async_plan_over_reloads[T](
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    plan: Callable[[ElksData], Awaitable[T]],
) -> tuple[T, ElksData]:
    """Return a plan, and the data of the loaded account that it was made with.

    Speech takes its time. When the account is reloaded meanwhile, which deletes recordings that no
    call needs yet, all is planned again. Raises what planning raises, and ServiceValidationError
    when the account is no longer loaded.
    """
    while True:
        runtime = entry.runtime_data
        try:
            planned = await plan(runtime)
        except HomeAssistantError:
            if is_loaded(entry, runtime):
                raise
        else:
            if is_loaded(entry, runtime):
                return planned, runtime
        await async_wait_settled(entry)
        service.async_get_config_entry(hass, DOMAIN, entry.entry_id)
