"""Who calls."""

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks.calls.incoming.caller import Caller, read_caller

from ...conftest import PHONE, make_contact

ACCOUNT = MockConfigEntry(subentries_data=[make_contact("Anna", PHONE)])


@pytest.mark.parametrize(
    "written",
    [
        PHONE,
        # A plus that was not encoded, or left out
        f" {PHONE[1:]}",
        PHONE[1:],
        f"00{PHONE[1:]}",
        "+46 70-123 45 67",
        "+46 (70) 123.45.67",
        f"{PHONE}\n",
    ],
)
def test_contact(written: str) -> None:
    """A contact is known, however their number is written."""
    caller = read_caller(written, ACCOUNT)

    assert caller.number == PHONE
    assert caller.contact
    assert caller.contact.name == "Anna"


def test_stranger() -> None:
    """Of somebody else, nothing is known but the number."""
    assert read_caller("+46709999999", ACCOUNT) == Caller(
        number="+46709999999", contact=None
    )


@pytest.mark.parametrize(
    "written",
    [
        *(None, "", " ", "+", "-1", "112", "+4670"),
        *("anonymous", "Anonymous", "+anonymous", "hidden", "unknown"),
        # In which country?
        *("0701234567", "+0701234567"),
        *("sip:a@b.example", "+467012345671234567", "+４６７０１２３４５６７"),
        *("+46701234567;+46709999999", "++46701234567", "+46x701234567"),
    ],
)
def test_withheld(written: str | None) -> None:
    """Whoever gives no number that could be called counts as one who withholds it."""
    assert read_caller(written, ACCOUNT) == Caller(number=None, contact=None)
