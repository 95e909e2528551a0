"""The account that places the calls."""

from base64 import b64encode
from dataclasses import dataclass
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

    @property
    def id(self) -> str:
        """The number's id."""
        return f"n{self.number.removeprefix('+'):0>32}"

    def as_json(self) -> dict[str, Any]:
        """Return the number as the provider sends it."""
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
    trial: bool = False
    numbers: tuple[AccountNumber, ...] = (
        AccountNumber("+46766860001", name="Demo home"),
        AccountNumber("+46766860002", capabilities=("sms",), category="mobile"),
        AccountNumber("+46766860003", active=False),
    )

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

    def may_call_from(self, number: str) -> bool:
        """Return whether the account may show a number as the caller's."""
        return number == self.mobilenumber or any(
            own.number == number and own.active and "voice" in own.capabilities
            for own in self.numbers
        )


def is_e164(number: str) -> bool:
    """Return whether a number is in E.164 format."""
    return _E164.fullmatch(number) is not None
