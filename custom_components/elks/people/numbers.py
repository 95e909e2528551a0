"""Phone numbers as people write them, read as E.164.

The library for it is imported when it is first used: that takes as long as to set up all the rest.
"""

from collections.abc import Mapping
from contextlib import suppress
import re
from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant

from ..helpers.text import INVISIBLE

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_INVISIBLE = re.compile(f"[{INVISIBLE}]")
# parse() takes the first number out of any text; a name or a second number is no number
_WRITTEN = re.compile(r"[+＋]?[\d\s().\-/‐-―−]+")
_MOST_KNOWN = 100
_EMERGENCY = frozenset({"000", "110", "112", "118", "119", "911", "999"})
"""What mobile phones connect to emergency services in any country (3GPP TS 22.101)."""


class InvalidNumberError(ValueError):
    """No phone number can look like this. Its text is the name of the field, if there is one."""


class EmergencyNumberError(InvalidNumberError):
    """An emergency service has this number: nobody is to rely on us to reach it."""


class NumberReader:
    """Reads numbers as dialled at home, and remembers those of recent actions.

    Reading the two numbers of a call takes 0.1 ms, half of it on the way to the executor and back.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with no numbers read."""
        self._hass = hass
        self._known: dict[tuple[object, ...], dict[str, str]] = {}

    async def async_read(self, written: Mapping[str, str | int]) -> dict[str, str]:
        """Return numbers in E.164 by their fields; the first must be the one to call from.

        If the home has no country, the others are read with the first number's country.
        Raises InvalidNumberError, which names the field.
        """
        country = self._hass.config.country
        as_written = (country, *written.items())
        if as_written not in self._known:
            numbers = await self._hass.async_add_executor_job(
                read_numbers, written, country
            )
            if len(self._known) == _MOST_KNOWN:
                self._known.clear()
            self._known[as_written] = numbers
        return self._known[as_written]


def read_number(written: str | int, region: str | None) -> str:
    """Return a number in E.164, as dialled from a region (ISO 3166 code, such as "SE").

    Reads metadata from disk the first time it meets a country: call it in the executor.
    Raises InvalidNumberError for what cannot be a number, and EmergencyNumberError; what is only
    unknown, such as a new number range, is taken as it is.
    """
    import phonenumbers

    parsed = _readings(written, region)
    readings = [one for one in parsed if phonenumbers.is_possible_number(one)]
    number = next(filter(phonenumbers.is_valid_number, readings), None)
    if number is None and _is_emergency(written, region, parsed):
        raise EmergencyNumberError
    # YAML reads 0701234567 as an octal number: an integer that only might be right is wrong
    if number is None and isinstance(written, str):
        number = next(filter(_may_exist, readings), None)
    if number is None:
        raise InvalidNumberError
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_numbers(
    written: Mapping[str, str | int], region: str | None
) -> dict[str, str]:
    """Return numbers in E.164 by their fields; without a region, the first number's is used.

    Reads from disk like read_number. Raises InvalidNumberError, which names the field.
    """
    numbers: dict[str, str] = {}
    for field, number in written.items():
        try:
            numbers[field] = read_number(number, region)
        except InvalidNumberError as err:
            raise type(err)(field) from err
        region = region or region_of(numbers[field])
    return numbers


def write_number(number: str, region: str | None) -> str:
    """Return a number in E.164 as people in a region write it; `read_number` reads it there.

    Numbers of the region are written as they are dialled there, others with + and the country
    code. Reads from disk like read_number.
    """
    import phonenumbers

    for parsed in _parse(number, None):
        forms = [phonenumbers.PhoneNumberFormat.INTERNATIONAL]
        if region and phonenumbers.is_valid_number_for_region(parsed, region):
            forms.insert(0, phonenumbers.PhoneNumberFormat.NATIONAL)
        for form in forms:
            written = phonenumbers.format_number(parsed, form)
            with suppress(InvalidNumberError):
                if read_number(written, region) == number:
                    return written
    return number


def is_written_number(text: str) -> bool:
    """Return whether a text looks like a phone number; there need not be one like it."""
    return _WRITTEN.fullmatch(_INVISIBLE.sub("", text).strip()) is not None


def region_of(number: str) -> str | None:
    """Return the region (ISO 3166 code) of a number in E.164; None if unknown.

    Reads from disk like read_number.
    """
    import phonenumbers

    return phonenumbers.region_code_for_number(phonenumbers.parse(number))


def load_regions(country: str | None, number: str) -> None:
    """Load the metadata to read numbers of a country (ISO 3166 code), and of a number's region.

    Reads from disk like read_number.
    """
    import phonenumbers

    if country:
        phonenumbers.PhoneMetadata.metadata_for_region(country)
    region_of(number)


def _readings(written: str | int, region: str | None) -> list[PhoneNumber]:
    """Return what a number can mean, the likeliest first: dialled at home, or from abroad."""
    if isinstance(written, int):
        # YAML and templates turn +46701234567 into an integer, which loses the plus sign
        return _parse(f"+{written}", None)
    if not is_written_number(written):
        return []
    text = _INVISIBLE.sub("", written).strip()
    return _parse(text, region) + _parse("+" + text.removeprefix("00"), None)


def _is_emergency(
    written: str | int, region: str | None, parsed: list[PhoneNumber]
) -> bool:
    """Return whether an emergency service has this number, also behind its country's code.

    What only begins like one is none.
    """
    import phonenumbers

    if not is_written_number(str(written)):
        return False
    dialled = phonenumbers.normalize_digits_only(str(written))
    behind_codes = [
        (
            phonenumbers.national_significant_number(number),
            phonenumbers.region_code_for_country_code(number.country_code or 0),
        )
        for number in parsed
    ]
    return dialled in _EMERGENCY or any(
        phonenumbers.is_emergency_number(*one)
        for one in ((dialled, region or ""), *behind_codes)
    )


def _may_exist(number: PhoneNumber) -> bool:
    """Return whether a number may only be unknown: one too short keeps the 0 dialled before it."""
    return not number.italian_leading_zero


def _parse(text: str, region: str | None) -> list[PhoneNumber]:
    import phonenumbers

    try:
        return [phonenumbers.parse(text, region)]
    except phonenumbers.NumberParseException:
        return []
