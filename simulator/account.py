"""The account that places the calls."""

from base64 import b64encode
from dataclasses import dataclass, field, replace
import hmac
import re
from typing import Any, TypedDict

_E164 = re.compile(r"\+[1-9]\d{6,14}")


@dataclass(frozen=True)
class AccountNumber:
    """A phone number that the account rents."""

    number: str
    active: bool = True
    capabilities: tuple[str, ...] = ("sms", "voice")
    category: str = "fixed"
    country: str = "se"
    name: str = ""
    voice_start: str = ""
    """What answers calls: a URL, or an action as JSON text; empty for nothing."""
    sms_url: str = ""

    @property
    def id(self) -> str:
        """The number's id."""
        return f"n{self.number.removeprefix('+'):0>32}"

    def as_json(self) -> dict[str, Any]:
        """Return the number as the provider lists it."""
        return {
            "id": self.id,
            "number": self.number,
            "active": "yes" if self.active else "no",
            "country": self.country,
            "category": self.category,
            "capabilities": list(self.capabilities),
            "name": self.name,
        }


class AccountDetails(TypedDict, total=False):
    """The fields of an account that can be chosen, all of them optional."""

    username: str
    password: str
    account_id: str
    displayname: str
    email: str
    mobilenumber: str
    currency: str
    balance: int
    creditalert: int
    price_per_second: int
    incoming_price_per_second: int
    trial: bool
    numbers: tuple[AccountNumber, ...]


@dataclass
class SimulatedAccount:
    """The account; money in 1/10000 of its currency."""

    username: str = "u5e1d0c7a9b3f48266a90d7c1e2f4b8a3"
    password: str = "SIMULATED0PASSWORD0OF0THE0DEMO00"
    account_id: str = "u0f3c2b1a4d5e69788796a5b4c3d2e1f0"
    displayname: str = "Demo home"
    email: str = "demo@example.com"
    mobilenumber: str = "+46700000001"
    currency: str = "SEK"
    balance: int = 1_000_000
    creditalert: int = 100_000
    price_per_second: int = 100
    incoming_price_per_second: int = 30
    trial: bool = False
    numbers: tuple[AccountNumber, ...] = (
        AccountNumber("+46766860001", name="Demo home"),
        AccountNumber("+46766860002", capabilities=("sms",), category="mobile"),
        AccountNumber("+46766860003", active=False),
    )
    given_away: list[str] = field(default_factory=list)
    """The numbers that the account no longer rents, which cannot be undone."""

    def as_json(self) -> dict[str, Any]:
        """Return the account as the provider sends it; a trial account has no money fields."""
        details = {
            "id": self.account_id,
            "displayname": self.displayname,
            "email": self.email,
            "mobilenumber": self.mobilenumber,
        }
        if self.trial:
            return details
        return details | {
            "currency": self.currency,
            "balance": self.balance,
            "creditalert": self.creditalert,
        }

    def admits(self, authorization: str) -> bool:
        """Return whether an Authorization header holds the account's credentials."""
        credentials = b64encode(f"{self.username}:{self.password}".encode()).decode()
        return hmac.compare_digest(
            authorization.encode(), f"Basic {credentials}".encode()
        )

    def own(self, number_id: str) -> AccountNumber | None:
        """Return one of the account's numbers by its id."""
        return next((own for own in self.numbers if own.id == number_id), None)

    def numbered(self, number: str) -> AccountNumber:
        """Return one of the account's numbers. Raises StopIteration if it has no such one."""
        return next(own for own in self.numbers if own.number == number)

    def change(self, number: AccountNumber, **fields: Any) -> AccountNumber:
        """Change fields of a number; return what becomes of it."""
        changed = replace(number, **fields)
        self.numbers = tuple(
            changed if own.id == number.id else own for own in self.numbers
        )
        return changed

    def give_away(self, number: AccountNumber) -> AccountNumber:
        """Stop renting a number; return what becomes of it."""
        if number.active:
            self.given_away.append(number.number)
        return self.change(number, active=False, voice_start="", sms_url="")

    def may_call_from(self, number: str) -> bool:
        """Return whether the account may show a number as the caller's."""
        return number == self.mobilenumber or number in self.voice_numbers

    @property
    def voice_numbers(self) -> list[str]:
        """The numbers that can place and take calls."""
        return [
            own.number
            for own in self.numbers
            if own.active and "voice" in own.capabilities
        ]


def is_e164(number: str) -> bool:
    """Return whether a number is in E.164 format."""
    return _E164.fullmatch(number) is not None
