"""What is told of a call, in the words of a dialect."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import json
from typing import Any

from .account import Account, AccountNumber
from .dialect import Dialect, FailedCall, HangupFields, Times
from .models import CallState, SimulatedCall

_SURE = ("direction", "created", "from", "id", "to", "state")
_BARE = ("direction", "id", "state")
_OF_HISTORY_ONLY = ("owner", "timeout")
_WITH_RESULT = ("ivr", "connect", "record")
_COUNTED = ("duration", "cost", "timeout", "balance", "creditalert")


@dataclass
class Telling:
    """Puts what happened into the provider's words; the dialect may be changed at any time."""

    dialect: Dialect = field(default_factory=Dialect)

    def account(self, account: Account) -> dict[str, Any]:
        """Return the account."""
        return self._counted(account.as_json())

    def number(self, number: AccountNumber) -> dict[str, Any]:
        """Return a number of the account."""
        told = number.as_json()
        if not self.dialect.old_numbers:
            return told
        del told["category"]
        return told | {"active": number.active}

    def placed(self, call: SimulatedCall) -> dict[str, Any]:
        """Return the answer to the request that placed a call."""
        told = call.sure(self.dialect.answer_times.write)
        if call.state is CallState.FAILED and not self.dialect.fails_at_once:
            told["state"] = CallState.ONGOING
        return told

    def history(self, call: SimulatedCall) -> dict[str, Any]:
        """Return a call as it is found when it is asked for."""
        return self._counted(self._known(call, self.dialect.history_times))

    def hangup(self, call: SimulatedCall) -> dict[str, str]:
        """Return the form that tells the end of a call."""
        known = self._known(call, self.dialect.callback_times)
        match self.dialect.hangup_fields:
            case HangupFields.SURE:
                known = {name: known[name] for name in _SURE}
            case HangupFields.BARE:
                known = {name: known[name] for name in _BARE}
        known[self.dialect.hangup_id] = known.pop("id")
        return {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in known.items()
            if name not in _OF_HISTORY_ONLY
        }

    def question(
        self, call: SimulatedCall, result: str | None, why: str | None
    ) -> dict[str, str]:
        """Return the form that asks for the next action of a call."""
        form = {self.dialect.question_id: call.id}
        if not self.dialect.bare_questions:
            form |= {"from": call.from_, "to": call.to, "direction": call.direction}
        if result is not None:
            form["result"] = result
        if why is not None and self.dialect.tells_why:
            form["why"] = why
        return form

    def recording(self, call: SimulatedCall, seconds: int, wav: str) -> dict[str, str]:
        """Return the form that tells of a recording."""
        return {
            "callid": call.id,
            "created": self.dialect.callback_times.write(call.created),
            "duration": str(seconds),
            "wav": wav,
            "from": call.from_,
            "to": call.to,
        }

    def error(self, reason: str) -> tuple[str, str]:
        """Return the body and the type of an answer that refuses something."""
        if self.dialect.json_errors:
            return json.dumps({"error": reason}), "application/json"
        return reason, "text/plain"

    def _known(self, call: SimulatedCall, times: Times) -> dict[str, Any]:
        """Return what is told of a call as it stands: nothing but what is known."""
        told = call.sure(times.write)
        if call.never_answered and self.dialect.failed_call is FailedCall.NOTHING:
            return told
        if call.never_answered and self.dialect.failed_call is FailedCall.ZERO:
            return told | {"duration": 0}
        if self.dialect.tells_owner:
            told["owner"] = call.owner
        if self.dialect.tells_timeout:
            told["timeout"] = call.timeout
        if self.dialect.tells_actions:
            told["actions"] = [self._action(entry) for entry in call.actions]
        if call.start:
            start = self.dialect.start(call.created, call.start)
            told["start"] = times.write(start)
        if call.legs:
            told["legs"] = [leg.as_json() for leg in call.legs]
        counts = {"duration": call.duration, "cost": call.cost}
        return told | {
            name: count for name, count in counts.items() if count is not None
        }

    def _action(self, entry: Mapping[str, str]) -> dict[str, str] | str:
        verb = next(iter(entry))
        if self.dialect.plain_actions and verb not in _WITH_RESULT:
            return verb
        return {
            name: value
            for name, value in entry.items()
            if not (name == "why" and not self.dialect.tells_why)
            and not (name == "result" and verb == "hangup")
        }

    def _counted(self, told: dict[str, Any]) -> dict[str, Any]:
        if not self.dialect.numbers_as_text:
            return told
        return told | {name: str(told[name]) for name in _COUNTED if name in told}
