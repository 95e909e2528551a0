"""What comes next in the talk with a caller: PIN, menu, and what an automation asks."""

from dataclasses import replace
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant

from ..api import Connect, HangUp, HangUpSignal
from ..calls import CallBook, CallLetIn, CallRecord
from ..calls.dialogue.script import Step
from ..calls.dialogue.talk import Place
from ..calls.incoming.caller import Caller
from ..calls.incoming.line import AnswerWith, Line, Others
from ..const import CONF_NUMBER
from ..helpers.listeners import Listeners
from ..speech import Sound
from .actions import LineActions, Outcome
from .contexts import CallContexts
from .door import MOST_TRIES, Door, Way, expected_pin, is_pin
from .prompts import LinePrompts, variables_of
from .say import Decision, Say
from .steps import Steps, begin, rings

_MOST_MISSES = 3
"""How many times in a row nothing, or nothing that can be chosen, is pressed until the call ends."""
_REPEAT = 2
_AGAIN = "*"
_PATIENCE_AT_DOOR = 2
"""Seconds in which an automation decides about a call that rings."""
_PATIENCE_IN_CALL = 15
"""Seconds in which it decides what comes after a step."""
_BUSY = HangUp(signal=HangUpSignal.BUSY)
_SIGNALS = {Others.BUSY: HangUpSignal.BUSY, Others.REJECT: HangUpSignal.REJECT}
_OUTCOMES = {
    Outcome.DONE: Sound.DONE,
    Outcome.FAILED: Sound.NOT_DONE,
    Outcome.GOES_ON: Sound.GOES_ON,
}


class Talks:
    """Leads the talks with callers at the lines of one account."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        book: CallBook,
        *,
        door: Door,
        prompts: LinePrompts,
        steps: Steps,
        contexts: CallContexts,
        listeners: Listeners,
    ) -> None:
        """Note in the book where talks stand, and say what the prompts have ready."""
        self._hass = hass
        self._entry = entry
        self._book = book
        self._door = door
        self._prompts = prompts
        self._steps = steps
        self._listeners = listeners
        self._actions = LineActions(hass, contexts)

    async def async_receive(
        self, line: Line, caller: Caller, record: CallRecord, way: Way
    ) -> Decision:
        """Return what somebody gets who rings."""
        match way:
            case Way.PIN:
                return self._ask_pin(line, caller)
            case Way.IN:
                return await self._async_let_in(line, caller, record)
            case Way.OUT if line.others is Others.FORWARD:
                return self._forward(line)
        return HangUp(signal=_SIGNALS.get(line.others, HangUpSignal.BUSY))

    async def async_answered(
        self,
        line: Line,
        caller: Caller,
        record: CallRecord,
        question: int,
        keys: str | None,
    ) -> Decision:
        """Return what follows the answer to a question, counted from 1; keys are None for none."""
        place = record.talk.place
        # A PIN is noted nowhere
        noted = (
            record
            if place is Place.PIN or not keys
            else record.with_keys(question, keys)
        )
        self._book.put(replace(noted, talk=replace(record.talk, question=question)))
        match place:
            case Place.PIN:
                return await self._async_pin_entered(line, caller, record, keys)
            case Place.MENU:
                return await self._async_chosen(line, caller, record, keys)
            case Place.STEP:
                return await self._async_in_step(line, record, question, keys)
        return HangUp()

    async def async_again(
        self, line: Line, caller: Caller, record: CallRecord
    ) -> Decision:
        """Return what somebody hears of whom nothing but the record is known, after a restart."""
        talk = record.talk
        match talk.place:
            case Place.PIN:
                return self._ask_pin(line, caller)
            case Place.MENU:
                return self._ask_menu(line)
            case Place.STEP:
                keys = record.digits if record.question == talk.question else None
                return await self._async_in_step(line, record, talk.question, keys)
            case Place.DECISION:
                return await self._async_decided(line, record)
        return HangUp()

    async def _async_let_in(
        self, line: Line, caller: Caller, record: CallRecord
    ) -> Decision:
        """Return what somebody gets who is let in; what is done then goes on beside it."""
        self._listeners.async_notify(CallLetIn(record=record), shown_at_once=False)
        variables = self._variables(line, caller, record)
        running = self._actions.async_start(
            line, "", line.actions, variables, record.token
        )
        match line.answer_with:
            case AnswerWith.NOTHING if record.talk.place is Place.PIN:
                outcome = await self._actions.async_outcome(running)
                return self.leave(line, self._own(line, _OUTCOMES[outcome]))
            case AnswerWith.NOTHING:
                self._note(record, place=Place.EXIT)
                return _BUSY
            case AnswerWith.AUTOMATION:
                return await self._async_decided(line, record)
        greeting = self._prompts.greeting(line, variables)
        if not line.menu:
            return self.leave(line, greeting)
        return self._ask_menu(line, greeting)

    async def _async_pin_entered(
        self, line: Line, caller: Caller, record: CallRecord, keys: str | None
    ) -> Decision:
        """Return what follows when a PIN was asked for."""
        entered = (keys or "").removesuffix("#")
        if not entered:
            return self._missed(line, caller, record)
        # Others may have tried at the same time, or whoever calls is no contact any more
        is_refused = self._door.refuses(line, caller)
        if is_pin(entered, expected_pin(line, caller)) and not is_refused:
            self._note(record, place=Place.DOOR, misses=0)
            return await self._async_let_in(line, caller, record)
        self._door.async_note_wrong_pin(line, caller)
        wrong = record.talk.wrong_pins + 1
        self._note(record, wrong_pins=wrong, misses=0)
        said = self._own(line, Sound.WRONG_PIN)
        if wrong >= MOST_TRIES or self._door.refuses(line, caller):
            return self.leave(line, said)
        return self._ask_pin(line, caller, said)

    async def _async_chosen(
        self, line: Line, caller: Caller, record: CallRecord, keys: str | None
    ) -> Decision:
        """Return what follows when the menu was read out."""
        entry = line.chosen(keys)
        if entry is None and keys != _AGAIN:
            wrong = (self._own(line, Sound.WRONG_KEY),) if keys else ()
            return self._missed(line, caller, record, *wrong)
        self._note(record, misses=0)
        if entry is None:
            return self._ask_menu(line)
        variables = self._variables(line, caller, record)
        running = self._actions.async_start(
            line, entry.key, entry.actions, variables, record.token
        )
        outcome = await self._actions.async_outcome(running)
        if outcome is not Outcome.DONE:
            return self._ask_menu(line, self._own(line, _OUTCOMES[outcome]))
        return self._ask_menu(line, self._prompts.reply(line, entry.reply, variables))

    async def _async_in_step(
        self, line: Line, record: CallRecord, question: int, keys: str | None
    ) -> Decision:
        """Return what follows in a step that an automation decided on, or after it."""
        if not (number := question - record.talk.first):
            return begin(record)
        script = record.script
        if script and (step := script.step(number, keys, record.spoken)):
            return Say.of(step)
        self._note(record, steps_over=record.talk.steps)
        return await self._async_decided(line, record)

    async def _async_decided(self, line: Line, record: CallRecord) -> Decision:
        """Return what an automation decides next, in time."""
        self._note(record, place=Place.DECISION)
        known = self._book.find(record.token) or record
        patience = _PATIENCE_AT_DOOR if rings(known) else _PATIENCE_IN_CALL
        if decided := await self._steps.async_next(record.token, patience):
            return decided
        if not rings(self._book.find(record.token) or record):
            return self.leave(line)
        self._note(record, place=Place.EXIT)
        return _BUSY

    def _forward(self, line: Line) -> Decision:
        """Return what connects a caller with whom the line names: a contact, or a number."""
        forward_to = line.forward_to or ""
        contact = self._entry.subentries.get(forward_to)
        number = contact.data[CONF_NUMBER] if contact else forward_to
        return Connect(number=number) if number.startswith("+") else _BUSY

    def _ask_pin(self, line: Line, caller: Caller, *before: Step) -> Say:
        return Say(
            steps=(*before, self._own(line, Sound.PIN)),
            digits=len(expected_pin(line, caller)),
            repeat=_REPEAT,
            is_secret=True,
            place=Place.PIN,
        )

    def _ask_menu(self, line: Line, *before: Step) -> Say:
        steps = (*before, self._prompts.menu(line))
        return Say(steps=steps, digits=1, repeat=_REPEAT, place=Place.MENU)

    def _missed(
        self, line: Line, caller: Caller, record: CallRecord, *before: Step
    ) -> Say:
        """Return what follows when nothing was pressed that means anything."""
        misses = record.talk.misses + 1
        self._note(record, misses=misses)
        if misses >= _MOST_MISSES:
            return self.leave(line, *before)
        if record.talk.place is Place.PIN:
            return self._ask_pin(line, caller, *before)
        return self._ask_menu(line, *before)

    def leave(self, line: Line, *before: Step) -> Say:
        """Return what somebody hears last."""
        steps = (*before, self._own(line, Sound.GOODBYE))
        return Say(steps=steps, goes_on=False, place=Place.EXIT)

    def _own(self, line: Line, sound: Sound) -> Step:
        return self._prompts.own(line, sound)

    def _note(self, record: CallRecord, **changes: Any) -> None:
        """Note where the talk of a call stands now."""
        if known := self._book.find(record.token):
            self._book.put(replace(known, talk=replace(known.talk, **changes)))

    @staticmethod
    def _variables(line: Line, caller: Caller, record: CallRecord) -> dict[str, Any]:
        return variables_of(line, caller, record.call.id if record.call else "")
