"""The bodies of answers and callbacks, in a dialect."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import json
from typing import Any

from ..account import AccountNumber, SimulatedAccount
from ..call import CallState, Direction, SimulatedCall
from ..times import Times
from .dialect import Dialect, FailedCall, HangupFields

_BASIC = ("direction", "created", "from", "id", "to", "state")
_BARE = ("direction", "id", "state")
_OF_HISTORY_ONLY = ("owner", "timeout")
_WITH_RESULT = ("ivr", "connect", "record")
_COUNTED = ("duration", "cost", "timeout", "balance", "creditalert")


@dataclass
class Payloads:
    """Writes what the provider sends; the dialect may be replaced at any time."""

    dialect: Dialect = field(default_factory=Dialect)

    def account(self, account: SimulatedAccount) -> dict[str, Any]:
        """Return the account."""
        return self._with_counts(account.as_json())

    def number(self, number: AccountNumber) -> dict[str, Any]:
        """Return a number of the account, with what is set for it."""
        return {
            **self.listed_number(number),
            **self._set("voice_start", number.voice_start),
            **self._set("sms_url", number.sms_url),
        }

    def listed_number(self, number: AccountNumber) -> dict[str, Any]:
        """Return a number in the list of the account's numbers."""
        fields = number.as_json()
        if self.dialect.lists_voice_start:
            fields |= self._set("voice_start", number.voice_start)
        if not self.dialect.old_numbers:
            return fields
        del fields["category"]
        return fields | {"active": number.active}

    def placed(self, call: SimulatedCall) -> dict[str, Any]:
        """Return the answer to the request that placed a call."""
        fields = call.basics(self.dialect.answer_times)
        if call.state is CallState.FAILED and not self.dialect.fails_at_once:
            fields["state"] = CallState.ONGOING
        return fields

    def history(self, call: SimulatedCall) -> dict[str, Any]:
        """Return a call as it is in the history."""
        return self._with_counts(self._known(call, self.dialect.history_times))

    def hangup(self, call: SimulatedCall) -> dict[str, str]:
        """Return the form of the callback at the end of a call."""
        known = self._known(call, self.dialect.callback_times)
        match self.dialect.hangup_fields:
            case HangupFields.BASIC:
                known = {name: known[name] for name in _BASIC if name in known}
            case HangupFields.BARE:
                known = {name: known[name] for name in _BARE}
        known[self.dialect.hangup_id] = known.pop("id")
        return {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in known.items()
            if name not in _OF_HISTORY_ONLY
        }

    def incoming(self, call: SimulatedCall) -> dict[str, str]:
        """Return the form of the callback that reports a call to the account."""
        form = {
            "direction": str(call.direction),
            self.dialect.incoming_id: call.id,
            **self._parties(call),
        }
        if self.dialect.incoming_created:
            form["created"] = self.dialect.callback_times.write(call.created)
        if self.dialect.incoming_result is not None:
            form["result"] = self.dialect.incoming_result
        return form

    def next_action(
        self, call: SimulatedCall, result: str | None, why: str | None
    ) -> dict[str, str]:
        """Return the form of a callback that requests a call's next action."""
        form = {self.dialect.next_id: call.id}
        if not self.dialect.bare_next:
            form |= self._parties(call) | {"direction": call.direction}
        if result is not None:
            form["result"] = result
        if why is not None and self.dialect.reports_why:
            form["why"] = why
        return form

    def recording(self, call: SimulatedCall, seconds: int, wav: str) -> dict[str, str]:
        """Return the form of the callback for a recording."""
        return {
            "callid": call.id,
            "created": self.dialect.callback_times.write(call.created),
            "duration": str(seconds),
            "wav": wav,
            **self._parties(call),
        }

    def refusal(self, reason: str) -> tuple[str, str]:
        """Return the body and the content type of a refusal."""
        if self.dialect.json_errors:
            return json.dumps({"error": reason}), "application/json"
        return reason, "text/plain"

    def _set(self, name: str, value: str) -> dict[str, Any]:
        """Return a field of a number as it is written when it is set, or when it is not."""
        text = value or self.dialect.cleared
        return {} if text is None else {name: text}

    def _parties(self, call: SimulatedCall) -> dict[str, str]:
        """Return who calls and who is called."""
        from_ = self.dialect.withheld if call.from_ is None else call.from_
        return ({} if from_ is None else {"from": from_}) | {"to": call.to}

    def _known(self, call: SimulatedCall, times: Times) -> dict[str, Any]:
        """Return what is known about a call so far."""
        known = call.basics(times)
        del known["from"]
        known |= self._parties(call)
        free = call.never_answered and not call.cost
        if free and self.dialect.failed_call is FailedCall.NOTHING:
            return known
        if free and self.dialect.failed_call is FailedCall.ZERO:
            return known | {"duration": 0}
        if self.dialect.includes_owner and call.direction is Direction.OUTGOING:
            known["owner"] = call.owner
        if self.dialect.includes_timeout and call.timeout is not None:
            known["timeout"] = call.timeout
        if self.dialect.includes_actions:
            known["actions"] = [self._action(entry) for entry in call.actions]
        if call.start:
            start = self.dialect.start(call.direction, call.created, call.start)
            known["start"] = times.write(start)
        if call.legs:
            known["legs"] = [leg.as_json() for leg in call.legs]
        counts = {"duration": call.duration, "cost": call.cost}
        return known | {
            name: count for name, count in counts.items() if count is not None
        }

    def _action(self, entry: Mapping[str, str]) -> dict[str, str] | str:
        verb = next(iter(entry))
        if self.dialect.plain_actions and verb not in _WITH_RESULT:
            return verb
        return {
            name: value
            for name, value in entry.items()
            if not (name == "why" and not self.dialect.reports_why)
            and not (name == "result" and verb == "hangup")
        }

    def _with_counts(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return fields with their numbers as the dialect writes them."""
        if not self.dialect.numbers_as_text:
            return fields
        return fields | {name: str(fields[name]) for name in _COUNTED if name in fields}
