"""The requests and callbacks between the provider and its customer, as they are logged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CallbackKind(StrEnum):
    """The reasons for which the provider calls back."""

    NEWOUTGOING = "newoutgoing"
    NEWINCOMING = "newincoming"
    NEXT = "next"
    WHENHANGUP = "whenhangup"
    RECORDING = "recording"


@dataclass
class ReceivedRequest:
    """A request to the API; `status` is None until it has been answered."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    time: datetime
    status: int | None = None


@dataclass
class SentCallback:
    """One attempt at a callback; `status` and `error` are both None while it is under way.

    `took` is how many real seconds it took the customer to answer.
    """

    call_id: str
    kind: CallbackKind
    url: str
    form: Mapping[str, str]
    attempt: int
    time: datetime
    status: int | None = None
    error: str | None = None
    took: float | None = None
