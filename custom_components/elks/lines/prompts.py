"""What lines say: greeting and menu, in the line's language, spoken before anybody rings."""

from collections.abc import Iterator, Mapping
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_LANGUAGE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import TemplateError
from homeassistant.helpers.event import (
    EventStateChangedData,
    TrackTemplate,
    TrackTemplateResult,
    async_track_template_result,
)
from homeassistant.helpers.template import Template

from ..calls.dialogue.script import Step
from ..calls.incoming.caller import Caller
from ..calls.incoming.line import AnswerWith, Line, lines
from ..const import CONF_TTS_ENTITY_ID, LOGGER
from ..helpers.text import trim
from ..people.contacts import contacts
from ..speech import Prompt, Recordings, Sound, Voice, async_language
from ..words import async_words

_NOBODY = Caller(number=None, contact=None)
_SPOKEN = (
    Sound.PIN,
    Sound.WRONG_PIN,
    Sound.WRONG_KEY,
    Sound.DONE,
    Sound.NOT_DONE,
    Sound.GOES_ON,
    Sound.GOODBYE,
)
"""What every line may say, in its own voice."""


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
        self._standing: dict[str, list[Prompt]] = {}
        """What is kept ready, by line."""
        self._stop_tracking: dict[str, CALLBACK_TYPE] = {}

    def needed(self) -> Iterator[Prompt]:
        """Find what is to be kept ready."""
        for prompts in self._standing.values():
            yield from prompts

    async def async_refresh(self) -> None:
        """Have ready what all lines say now, and follow the templates of their greetings."""
        self.async_stop()
        for line in lines(self._entry):
            language = async_language(self._hass, self._voice(line))
            self._words[line.id] = await async_words(self._hass, language)
            self._track(line)
            self._prepare(line)

    @callback
    def async_stop(self) -> None:
        """Follow no template any more."""
        while self._stop_tracking:
            self._stop_tracking.popitem()[1]()

    def language(self, line: Line) -> str:
        """Return the language in which a line speaks."""
        return async_language(self._hass, self._voice(line))

    def own(self, line: Line, sound: Sound) -> Step:
        """Return a sentence of ours in the line's voice."""
        text = self._words.get(line.id, {}).get(f"sound_{sound}", "")
        return self._step(line, text, sound)

    def greeting(self, line: Line, variables: Mapping[str, Any]) -> Step:
        """Return the greeting."""
        text = self.rendered(line.greeting, variables)
        text = text or self._hass.config.location_name
        return self._step(line, text, Sound.HOME)

    def menu(self, line: Line) -> Step:
        """Return what can be chosen."""
        press = self._words.get(line.id, {}).get("line_press", "")
        chosen = (press.format(key=one.key, say=one.say) for one in line.menu)
        return self._step(line, " ".join(chosen), Sound.MENU)

    def reply(self, line: Line, template: str, variables: Mapping[str, Any]) -> Step:
        """Return what is said after actions that were done."""
        if not (text := self.rendered(template, variables)):
            return self.own(line, Sound.DONE)
        return self._step(line, text, Sound.DONE)

    def rendered(self, template: str, variables: Mapping[str, Any]) -> str:
        """Return the text of a template; nothing, if it fails."""
        try:
            return trim(str(Template(template, self._hass).async_render(variables)))
        except TemplateError as err:
            # Its text may hold a number
            LOGGER.warning(
                "A template of a line failed (%s)", type(err.__cause__ or err).__name__
            )
            return ""

    def prepare(self, *steps: Step) -> None:
        """Begin to make recordings of steps."""
        self._recordings.async_prepare(step.prompt for step in steps)

    def _step(self, line: Line, text: str, substitute: Sound) -> Step:
        prompt = Prompt(text=text, voice=self._voice(line)) if text else Prompt()
        return Step(prompt=prompt, substitute=substitute)

    def _voice(self, line: Line) -> Voice:
        options = self._entry.options
        return Voice(
            engine=options.get(CONF_TTS_ENTITY_ID),
            language=line.language or options.get(CONF_LANGUAGE),
        )

    def _track(self, line: Line) -> None:
        """Speak the greeting again when what its template shows has changed."""
        template = Template(line.greeting, self._hass)
        if template.is_static or line.answer_with is not AnswerWith.MENU:
            return

        @callback
        def changed(
            _: Event[EventStateChangedData] | None, __: list[TrackTemplateResult]
        ) -> None:
            self._prepare(line)

        tracked = TrackTemplate(template, variables_of(line, _NOBODY))
        info = async_track_template_result(self._hass, [tracked], changed)
        self._stop_tracking[line.id] = info.async_remove

    @callback
    def _prepare(self, line: Line) -> None:
        """Have ready what a line says now, whoever rings."""
        steps = [self.own(line, sound) for sound in _SPOKEN]
        if line.answer_with is AnswerWith.MENU:
            callers = (
                _NOBODY,
                *(
                    Caller(number=one.number, contact=one)
                    for one in contacts(self._entry)
                ),
            )
            steps += [self.menu(line)]
            steps += [self.greeting(line, variables_of(line, one)) for one in callers]
        before = self._standing.get(line.id, [])
        now = list({one.prompt.key: one.prompt for one in steps}.values())
        self._standing[line.id] = now
        self._recordings.async_prepare(now)
        self._recordings.async_release([one for one in before if one not in now])


def variables_of(line: Line, caller: Caller, call_id: str = "") -> dict[str, Any]:
    """Return what templates and actions of a line know of a call."""
    return {
        "call_id": call_id,
        "caller": caller.number,
        "contact": caller.contact.name if caller.contact else None,
        "line": line.name,
    }
