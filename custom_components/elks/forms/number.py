"""Numbers in forms: shown as people write them, read as they are stored."""

from collections.abc import Iterable

from homeassistant.core import HomeAssistant

from ..people.numbers import (
    EmergencyNumberError,
    InvalidNumberError,
    read_number,
    region_of,
    write_number,
)


async def async_write_numbers(
    hass: HomeAssistant, numbers: Iterable[str], *, own: str | None = None
) -> list[str]:
    """Return numbers in E.164 as people write them at home.

    If the home has no country, that of the account's `own` number is used.
    """

    def write() -> list[str]:
        region = _region(hass.config.country, own)
        return [write_number(number, region) for number in numbers]

    return await hass.async_add_executor_job(write)


async def async_read_number(
    hass: HomeAssistant,
    written: str,
    errors: dict[str, str],
    field: str,
    *,
    own: str | None = None,
) -> str | None:
    """Return the number of a field in E.164, or None and why in errors; `own` as for writing."""

    def read() -> str:
        return read_number(written, _region(hass.config.country, own))

    try:
        return await hass.async_add_executor_job(read)
    except EmergencyNumberError:
        errors[field] = "emergency_number"
    except InvalidNumberError:
        errors[field] = "invalid_number"
    return None


def _region(country: str | None, own: str | None) -> str | None:
    return country or (region_of(own) if own else None)
