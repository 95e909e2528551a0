"""What lines say: greeting and menu, in the line's language, spoken before anybody rings."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import (
    CONF_LANGUAGE,
    EVENT_CORE_CONFIG_UPDATE,
    EVENT_HOMEASSISTANT_STARTED,
)
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import TemplateError
from homeassistant.helpers.event import (
    TrackTemplate,
    async_call_later,
    async_track_template_result,
)
from homeassistant.helpers.template import Template

from ..calls.dialogue.script import Step
from ..calls.incoming.caller import Caller
from ..calls.incoming.line import AnswerWith, Line, lines
from ..const import CONF_TTS_ENTITY_ID, LOGGER
from ..helpers.text import compose, trim
from ..helpers.unexpected import going_on
from ..people.contacts import contacts
from ..speech import Prompt, Recordings, Sound, Voice, async_language
from ..words import async_words

_NOBODY = Caller(number=None, contact=None)
_OWN = (
    Sound.PIN,
    Sound.WRONG_PIN,
    Sound.WRONG_KEY,
    Sound.DONE,
    Sound.NOT_DONE,
    Sound.GOES_ON,
    Sound.GOODBYE,
)
_PAUSE = 60
"""Seconds from one recording of a greeting to the next, however often a sensor changes."""


class LinePrompts:
    """Has ready what the lines of one account say."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, recordings: Recordings
    ) -> None:
        """Make the recordings of a config entry's lines."""
        self._hass = hass
        self._entry = entry
        self._recordings = recordings
        self._words: dict[str, Mapping[str, str]] = {}
        """Ours, by line."""
        self._standing: dict[str, dict[str, Prompt]] = {}
        """What is kept ready: by line, then by what distinguishes prompts."""
        self._prepared: dict[str, float] = {}
        """When what each line says was looked at last, by the loop's time."""
        self._planned: dict[str, CALLBACK_TYPE] = {}
        """What stops looking at a line again soon."""
        self._failing: set[str] = set()
        """Templates whose failure was logged."""
        self._stop_tracking: list[CALLBACK_TYPE] = []
        self._stop_listening: list[CALLBACK_TYPE] = []

    def needed(self) -> Iterator[Prompt]:
        """Find what is to be kept ready."""
        merged: dict[str, Prompt] = {}
        for prompts in self._standing.values():
            merged |= prompts
        yield from merged.values()

    async def async_start(self) -> None:
        """Have ready what all lines say, whatever changes, until this is stopped."""
        # The home's name is the usual greeting; its voices may be set up after the account
        self._stop_listening = [
            self._hass.bus.async_listen(event, self.async_refresh)
            for event in (EVENT_CORE_CONFIG_UPDATE, EVENT_HOMEASSISTANT_STARTED)
        ]
        await self.async_refresh()

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        while self._stop_listening:
            self._stop_listening.pop()()
        self._stop_following()

    async def async_refresh(self, *_: object) -> None:
        """Have ready what all lines say now, and follow the templates of their greetings."""
        words: dict[str, Mapping[str, str]] = {
            line.id: await async_words(self._hass, self.language(line))
            for line in lines(self._entry)
        }
        if not self._stop_listening:
            return
        self._stop_following()
        # One that was added meanwhile is taken up by the next refresh
        known = [line for line in lines(self._entry) if line.id in words]
        self._words = words
        self._failing.clear()
        for line in known:
            # The greeting of one keeps no other from speaking, nor an alarm from ringing
            with going_on("having ready what a line says"):
                self._prepare(line)
                self._follow(line)
        for line_id in self._standing.keys() - words.keys():
            self._recordings.async_release(self._standing.pop(line_id).values())

    def language(self, line: Line) -> str:
        """Return the language in which a line speaks."""
        return async_language(self._hass, self._voice(line))

    def own(self, line: Line, sound: Sound) -> Step:
        """Return a sentence of ours in the line's voice."""
        text = self._words.get(line.id, {}).get(f"sound_{sound}", "")
        return Step(
            prompt=self._prompt(line, text), substitute=sound, substitute_is_same=True
        )

    def greeting(self, line: Line, variables: Mapping[str, Any]) -> Step:
        """Return the greeting: the home's name, if there is none, or it fails."""
        text = self._rendered(line.greeting, variables)
        prompt = self._prompt(line, text or compose(self._hass.config.location_name))
        return Step(prompt=prompt, substitute=Sound.HOME)

    def menu(self, line: Line) -> Step:
        """Return what can be chosen."""
        press = self._words.get(line.id, {}).get("line_press", "")
        chosen = (press.format(key=one.key, say=one.say) for one in line.menu)
        prompt = self._prompt(line, trim(" ".join(chosen)))
        return Step(prompt=prompt, substitute=Sound.MENU)

    def reply(self, line: Line, template: str, variables: Mapping[str, Any]) -> Step:
        """Return what is said after actions that were done."""
        if not (text := self._rendered(template, variables)):
            return self.own(line, Sound.DONE)
        return Step(prompt=self._prompt(line, text), substitute=Sound.DONE)

    def prepare(self, *steps: Step) -> None:
        """Begin to make recordings of steps that are not ready."""
        self._recordings.async_prepare(
            step.prompt for step in steps if self._recordings.find(step.prompt) is None
        )

    def _rendered(self, template: str, variables: Mapping[str, Any]) -> str:
        """Return the text of a template; nothing, if it fails."""
        if not template:
            return ""
        try:
            text = Template(template, self._hass).async_render(
                variables, parse_result=False
            )
        except TemplateError as err:
            if template not in self._failing:
                # The error's text may hold a number
                reason = type(err.__cause__ or err).__name__
                LOGGER.warning("A template of a line failed (%s)", reason)
            self._failing.add(template)
            return ""
        return trim(compose(text))

    def _prompt(self, line: Line, text: str) -> Prompt:
        return Prompt(text=text, voice=self._voice(line)) if text else Prompt()

    def _voice(self, line: Line) -> Voice:
        options = self._entry.options
        return Voice(
            engine=options.get(CONF_TTS_ENTITY_ID),
            language=line.language or options.get(CONF_LANGUAGE),
        )

    def _follow(self, line: Line) -> None:
        """Speak the greeting again when what its template shows to anybody has changed."""
        if line.answer_with is not AnswerWith.MENU:
            return

        @callback
        def changed(*_: object) -> None:
            # Those of all callers change at once
            if line.id not in self._planned:
                since = self._hass.loop.time() - self._prepared[line.id]
                self._planned[line.id] = async_call_later(
                    self._hass, max(0, _PAUSE - since), partial(again, line)
                )

        @callback
        def again(line: Line, _: datetime) -> None:
            del self._planned[line.id]
            self._prepare(line)

        for caller in self._callers(line):
            template = Template(line.greeting, self._hass)
            if template.is_static:
                return
            tracked = TrackTemplate(template, variables_of(line, caller))
            info = async_track_template_result(
                self._hass,
                [tracked],
                changed,
                # What fails is logged without its text
                log_fn=lambda *_: None,
            )
            self._stop_tracking.append(info.async_remove)

    def _prepare(self, line: Line) -> None:
        """Have ready what a line says now, whoever rings."""
        self._prepared[line.id] = self._hass.loop.time()
        steps = list(self._steps(line))
        before = self._standing.get(line.id, {})
        now = {step.prompt.key: step.prompt for step in steps}
        self._standing[line.id] = now
        self.prepare(*steps)
        self._recordings.async_release(
            [before[key] for key in before.keys() - now.keys()]
        )

    def _steps(self, line: Line) -> Iterator[Step]:
        """Find all that a line may say, but for what only a call shows."""
        if line.answer_with is not AnswerWith.NOTHING or line.pin:
            yield from (self.own(line, sound) for sound in _OWN)
        if line.answer_with is not AnswerWith.MENU:
            return
        yield self.menu(line)
        for caller in self._callers(line):
            yield self.greeting(line, variables_of(line, caller))
        for entry in line.menu:
            if Template(entry.reply, self._hass).is_static:
                yield self.reply(line, entry.reply, {})

    def _callers(self, line: Line) -> Iterator[Caller]:
        """Find those for whom the greeting is spoken ahead."""
        yield _NOBODY
        if "caller" not in line.greeting and "contact" not in line.greeting:
            return
        for contact in contacts(self._entry):
            yield Caller(number=contact.number, contact=contact)

    def _stop_following(self) -> None:
        while self._stop_tracking:
            self._stop_tracking.pop()()
        while self._planned:
            self._planned.popitem()[1]()


def variables_of(line: Line, caller: Caller, call_id: str = "") -> dict[str, Any]:
    """Return what templates and actions of a line know of a call."""
    return {
        "call_id": call_id,
        "caller": caller.number,
        "contact": caller.contact.name if caller.contact else None,
        "line": line.name,
    }
