"""Numbers as people write them."""

from unittest.mock import patch

import phonenumbers
import pytest

from custom_components.elks.people.numbers import (
    EmergencyNumberError,
    InvalidNumberError,
    NumberReader,
    read_number,
    read_numbers,
    region_of,
    write_number,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from ..conftest import PHONE, Home


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("070-123 45 67", "SE"),
        ("0701234567", "SE"),
        ("(070) 123 45 67", "SE"),
        ("070.123.45.67", "SE"),
        ("070/123 45 67", "SE"),
        ("  +46 70 123 45 67 ", None),
        ("+46 (0)70 123 45 67", None),
        ("\u202a+46701234567\u202c", None),
        ("\u00a0070\u00a0123\u00a045\u00a067", "SE"),
        ("0046701234567", "SE"),
        ("0046701234567", "US"),
        ("0046701234567", None),
        ("46701234567", "SE"),
        ("46701234567", "NO"),
        (46701234567, "NO"),
        (46701234567, None),
    ],
)
def test_read(written: str | int, region: str | None) -> None:
    """What people write for one number is that number."""
    assert read_number(written, region) == "+46701234567"


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("91234567", "NO", "+4791234567"),
        ("4791234567", "SE", "+4791234567"),
        # Number ranges that the metadata does not know are possible all the same
        ("+467912345678", "SE", "+467912345678"),
        ("0112345", "SE", "+46112345"),
    ],
)
def test_read_other(written: str, region: str, number: str) -> None:
    """A number is read as it would be dialled at home, else as an international one."""
    assert read_number(written, region) == number


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("", "SE"),
        ("+", "SE"),
        ("Anna", "SE"),
        ("Anna 070-123 45 67", "SE"),
        ("070-123 45 67 ext. 5", "SE"),
        ("0701234567, 0701234568", "SE"),
        ("1-800-FLOWERS", "US"),
        ("123", "SE"),
        ("+4670", "SE"),
        ("+999123456789", "SE"),
        ("+46701234567890123", "SE"),
        ("070-123 45 67", None),
        ("070-123 45 67", "XX"),
        # 0701234567 without quotes in YAML: an octal number
        (0o701234567, "SE"),
        (91234567, "NO"),
        (0, "SE"),
        ("070-123", "SE"),
        ("08-12", "SE"),
    ],
)
def test_refuse(written: str | int, region: str | None) -> None:
    """What cannot be a number, or might be another one, is refused."""
    with pytest.raises(InvalidNumberError):
        read_number(written, region)


@pytest.mark.parametrize(
    ("written", "region"),
    [
        ("112", "SE"),
        (112, "SE"),
        (" 1-1-2 ", "SE"),
        ("１１２", "SE"),
        ("+112", "SE"),
        ("+46 112", "US"),
        ("0046112", "SE"),
        ("112", None),
        ("112", "XX"),
        # Possible as a number of the neighbours there
        ("112", "DE"),
        ("+49112", "SE"),
        ("144", "AT"),
        ("10111", "ZA"),
        # Of another country, which any mobile phone knows
        ("911", "SE"),
        ("999", "SE"),
        ("000", "SE"),
        ("110", "AT"),
    ],
)
def test_emergency(written: str | int, region: str | None) -> None:
    """An emergency service is refused as such, however it is written."""
    with pytest.raises(EmergencyNumberError):
        read_number(written, region)


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        ("11 23 45 67", "DK", "+4511234567"),
        ("+46 11 212 34 56", "SE", "+46112123456"),
        ("011-234 56", "SE", "+461123456"),
        ("+4611234567", "SE", "+4611234567"),
        ("9111 2345", "SG", "+6591112345"),
        ("0112 345", "SE", "+46112345"),
        ("+911122334455", "SE", "+911122334455"),
    ],
)
def test_begins_like_an_emergency_number(
    written: str, region: str, number: str
) -> None:
    """A number that only begins like that of an emergency service is a number."""
    assert read_number(written, region) == number


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_every_country(region: str) -> None:
    """In no country is an example of a number taken for an emergency service."""
    number = phonenumbers.example_number(region)
    assert number is not None
    formats = phonenumbers.PhoneNumberFormat
    national = phonenumbers.format_number(number, formats.NATIONAL)
    international = phonenumbers.format_number(number, formats.E164)

    assert read_number(national, region) == international


@pytest.mark.parametrize(
    ("field", "label"),
    [("to", "Number (to)"), ("connect", "Connect to (connect)"), ("from", "From")],
)
async def test_emergency_field(home: Home, field: str, label: str) -> None:
    """Wherever an action takes a number, an emergency service is refused in words."""
    data = {"to": PHONE, "connect": PHONE, field: "112"}
    home.provider.requests.clear()

    with pytest.raises(ServiceValidationError) as raised:
        await home.act("place_call", **data)

    assert raised.value.translation_key == "emergency_number"
    assert str(raised.value) == (
        f"{label}: Elks cannot call emergency services. Call them from your own phone"
    )
    assert home.provider.requests == []


def test_region() -> None:
    """The region of a number is known."""
    assert region_of("+46701234567") == "SE"


async def test_read_once(hass: HomeAssistant) -> None:
    """Numbers of the last actions are remembered, those of long ago are read again."""
    hass.config.country = "SE"
    reader = NumberReader(hass)
    with patch(
        "custom_components.elks.people.numbers.read_numbers", wraps=read_numbers
    ) as reads:
        for _ in range(2):
            assert await reader.async_read({"to": "070-123 45 67"}) == {
                "to": "+46701234567"
            }
        assert reads.call_count == 1
        for number in range(150):
            await reader.async_read({"to": f"070-123 4{number:03}"})
        await reader.async_read({"to": "070-123 45 67"})
        assert reads.call_count == 152


async def test_another_country(home: Home) -> None:
    """What a number meant before is not taken for what it means after the home has moved."""
    calls = [await home.place_call(to="070-123 45 67") for _ in range(2)]
    home.hass.config.country = "FR"
    calls.append(await home.place_call(to="01 23 45 67 89"))
    home.hass.config.country = "GB"
    calls.append(await home.place_call(to="0121 234 5678"))
    home.hass.config.country = "SE"
    calls.append(await home.place_call(to="070-123 45 67"))

    assert [call["to"] for call in calls] == [
        *("+46701234567", "+46701234567", "+33123456789", "+441212345678"),
        "+46701234567",
    ]


async def test_many_numbers(home: Home) -> None:
    """However many numbers were called, each is read correctly."""
    for number in range(250):
        call = await home.place_call(to=f"070-123 4{number:03}")
        assert call["to"] == f"+46701234{number:03}"


@pytest.mark.parametrize(
    ("number", "region", "written"),
    [
        ("+46701234567", "SE", "070-123 45 67"),
        ("+46701234567", "NO", "+46 70 123 45 67"),
        ("+46701234567", None, "+46 70 123 45 67"),
        ("+4791234567", "NO", "91 23 45 67"),
        ("+14155552671", "US", "(415) 555-2671"),
        ("+16135550177", "US", "+1 613-555-0177"),
        ("+390612345678", "IT", "06 1234 5678"),
        ("+33612345678", "FR", "06 12 34 56 78"),
        # A range that the metadata does not know
        ("+467912345678", "SE", "+46 7912345678"),
        # What 46elks or a file held instead of a number
        ("+46", "SE", "+46"),
        ("", "SE", ""),
    ],
)
def test_write(number: str, region: str | None, written: str) -> None:
    """A number is written as people at home do, and what is written is the same number."""
    assert write_number(number, region) == written

    if len(number) > 3:
        assert read_number(written, region) == number
