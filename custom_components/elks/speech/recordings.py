"""The recordings of an account: made while a phone rings, and kept for the next time."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
import secrets

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_CALLBACK_KEY, CONF_KEEP_SPEECH, DOMAIN, LOGGER
from ..helpers.listeners import Listeners
from ..helpers.unexpected import going_on
from ..helpers.waiting import async_at_most
from .built_in import Sound, integration_version, languages, sound_path
from .changes import VoiceChange
from .files import NoRoomError, RecordingFiles, recordings_folder
from .media import MediaError, async_read
from .names import RecordingNames, words_of
from .prompt import Prompt
from .telephone import NotAudioError, async_fit
from .text_to_speech import async_say, presentable
from .voice import (
    Voice,
    VoiceError,
    async_language,
    async_other_voices,
    async_resolve,
    async_sound_of,
)

_AT_ONCE = 4
"""Recordings that an engine makes at the same time."""
_PATIENCE = 10
"""Seconds for all other voices together, when the one that was asked for has failed."""
_PATIENCE_OF_PROVIDER = 10
"""Seconds in which a recording that is fetched is made again."""
_LOADED: HassKey[dict[str, Recordings]] = HassKey(f"{DOMAIN}_recordings")
"""Those of the accounts that are loaded, by the ids of their config entries."""


class Recordings:
    """Makes the recordings of prompts.

    What can be played is looked for in this order: the recording that is kept, one that is made
    now, the same words in another voice, kept or made now. Without any, whoever plays the prompt
    takes a built-in sound.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        listeners: Listeners,
        needed: Callable[[], Iterable[Prompt]],
    ) -> None:
        """Keep the recordings of a config entry; `needed` returns the prompts of calls going on."""
        self._hass = hass
        self._entry = entry
        self._listeners = listeners
        self._needed = needed
        self._names = RecordingNames(entry.data[CONF_CALLBACK_KEY])
        self._folder = recordings_folder(hass, entry.entry_id)
        self._files = RecordingFiles(hass, self._folder, self._needed_words)
        self._making: dict[str, asyncio.Task[str | None]] = {}
        """By the keys of their prompts, also those that are made."""
        self._looking: set[str] = set()
        """The keys of those that are ready, and looked at again."""
        # One engine that hangs keeps no other from speaking
        self._rooms = defaultdict[str | None, asyncio.Semaphore](
            partial(asyncio.Semaphore, _AT_ONCE)
        )

    @property
    def keep(self) -> bool:
        """Whether recordings are kept for the next time that the same is said."""
        return bool(self._entry.options.get(CONF_KEEP_SPEECH, True))

    def new_nonce(self) -> str:
        """Return what marks the prompts of a call or chain, if its recordings are not to be kept."""
        return "" if self.keep else secrets.token_urlsafe(16)

    async def async_load(self) -> None:
        """Know again the recordings of before. Raises OSError if the folder cannot be read or made.

        Recordings can be made all the same, once it can.
        """
        loaded = self._hass.data.setdefault(_LOADED, {})
        loaded[self._entry.entry_id] = self

        @callback
        def forget() -> None:
            loaded.pop(self._entry.entry_id, None)

        # Also where the rest of the set-up fails
        self._entry.async_on_unload(forget)
        await self._hass.async_add_executor_job(languages)
        await self._files.async_load(keep=self.keep)

    @callback
    def async_unload(self) -> None:
        """Leave the recordings as they are."""
        self._files.async_stop()

    @callback
    def async_prepare(self, prompts: Iterable[Prompt]) -> None:
        """Begin to make what is not there, in this order; what has failed before is tried again."""
        for prompt in prompts:
            if prompt.is_empty or prompt.url or self._files.stopped:
                continue
            making = self._making.get(prompt.key)
            if making is None or making.done():
                self._begin(prompt)

    @callback
    def async_look_again(self, prompts: Iterable[Prompt]) -> None:
        """Make anew what is ready, if it would be another recording by now, or is gone.

        What is ready stays so until then: nobody waits for it.
        """
        for prompt in prompts:
            is_ready = self.find(prompt) is not None
            if is_ready and prompt.key not in self._looking and not self._files.stopped:
                self._look_again(prompt)

    async def async_wait(self, prompt: Prompt, seconds: float) -> bool:
        """Wait until it is known what there is of a prompt, but no longer than so many seconds.

        Returns whether it is known.
        """
        making = self._making.get(prompt.key) or self._begin(prompt)
        if not making.done():
            async with async_at_most(self._hass, seconds):
                await asyncio.wait([making])
        # It is stopped when the account is unloaded
        return making.done() and not making.cancelled()

    def find(self, prompt: Prompt) -> str | None:
        """Return the name of a recording that can be played now; None if there is none (yet)."""
        making = self._making.get(prompt.key)
        if making is not None and making.done() and not making.cancelled():
            return making.result()
        return None

    async def async_find_words(self, prompt: Prompt) -> str | None:
        """Return the name of a recording of the same words in whatever voice, if one is kept."""
        words = self._names.words(prompt)
        while (kept := self._files.find_words(words)) is not None:
            if await self._files.async_is_there(kept):
                return kept
        return None

    async def async_make_again(self, name: str) -> bool:
        """Make a recording again that somebody has deleted, if a call plays it.

        Returns whether it is there. Another voice, and media that has changed since, get another
        name, which the next answer gives.
        """
        words = words_of(name)
        # Some may say the same words in another voice
        same = [one for one in self._needed() if self._names.words(one) == words]
        self.async_prepare(same)
        async with async_at_most(self._hass, _PATIENCE_OF_PROVIDER):
            for prompt in same:
                await self.async_wait(prompt, _PATIENCE_OF_PROVIDER)
        return name in map(self.find, same)

    def built_in(self, language: str, sound: Sound) -> str:
        """Return the name of a built-in sound in the closest language there is."""
        spoken = sound_path(language, sound).parent.name
        return self._names.built_in(spoken, sound, integration_version(self._hass))

    @callback
    def async_release(self, prompts: Collection[Prompt]) -> None:
        """Note that a call or chain that played prompts is over.

        What is not kept is deleted after 10 minutes, or sooner if newer recordings need the room.
        """
        if not prompts:
            return
        needed = self._needed_words()
        released = [one for one in prompts if self._names.words(one) not in needed]
        for prompt in released:
            self._making.pop(prompt.key, None)
        for keep in (True, False):
            kept = [one for one in released if self._is_kept(one) is keep]
            words = {self._names.words(prompt) for prompt in kept}
            if words:
                self._files.async_release(words, keep=keep)

    async def async_apply_options(self) -> None:
        """Delete what is no longer to be kept."""
        if not self.keep:
            await self._files.async_delete_unneeded()

    def _is_kept(self, prompt: Prompt) -> bool:
        return self.keep and not prompt.nonce

    def _needed_words(self) -> set[str]:
        return {self._names.words(prompt) for prompt in self._needed()}

    def _begin(self, prompt: Prompt) -> asyncio.Task[str | None]:
        making = self._making[prompt.key] = self._find_soon(prompt)
        return making

    def _look_again(self, prompt: Prompt) -> None:
        before = self._making[prompt.key]
        self._looking.add(prompt.key)

        @callback
        def found(again: asyncio.Task[str | None]) -> None:
            self._looking.discard(prompt.key)
            if not again.cancelled() and self._making.get(prompt.key) is before:
                self._making[prompt.key] = again

        self._find_soon(prompt).add_done_callback(found)

    def _find_soon(self, prompt: Prompt) -> asyncio.Task[str | None]:
        # The request to call is not to wait for it
        return self._entry.async_create_background_task(
            self._hass, self._async_find(prompt), "elks recording", eager_start=False
        )

    async def _async_find(self, prompt: Prompt) -> str | None:
        """Return the name of a recording of a prompt; None if there is nothing that works."""
        name: str | None = None
        with going_on("making a recording"):
            name = await self._async_best(prompt)
        # Its call may be over already
        self.async_release([prompt])
        return name

    async def _async_best(self, prompt: Prompt) -> str | None:
        """Return the name of the best recording there is."""
        if not (prompt.text or prompt.media):
            # What it plays is ready elsewhere, or shipped
            return None
        failed: str | None = None
        try:
            if (name := await self._async_as_asked(prompt)) is not None:
                return name
        except VoiceError as err:
            self._listeners.async_notify(
                VoiceChange(engine=err.engine, reason=str(err))
            )
            failed = err.engine
        except MediaError as err:
            LOGGER.warning("Media cannot be played in a call: %s", err)
        kept = await self.async_find_words(prompt)
        if kept is not None or failed is None:
            return kept
        return await self._async_in_another_voice(prompt, failed)

    async def _async_as_asked(self, prompt: Prompt) -> str | None:
        """Return the name of the recording as it was asked for; None where it cannot be written.

        Raises MediaError and VoiceError.
        """
        if not prompt.text:
            async with self._rooms[None]:
                return await self._async_copy(prompt)
        voice = async_resolve(self._hass, prompt.voice)
        return await self._async_speak(prompt, voice, is_asked_for=True)

    async def _async_in_another_voice(self, prompt: Prompt, failed: str) -> str | None:
        """Return the name of a recording in another voice that speaks the language."""
        language = async_language(self._hass, prompt.voice)
        name: str | None = None
        async with async_at_most(self._hass, _PATIENCE):
            for voice in async_other_voices(self._hass, failed, language):
                with suppress(VoiceError):
                    name = await self._async_speak(prompt, voice, is_asked_for=False)
                    break
        return name

    async def _async_speak(
        self, prompt: Prompt, voice: Voice, *, is_asked_for: bool
    ) -> str | None:
        """Return the name of the recording of a text in a voice; raises VoiceError."""
        stem = self._spoken_stem(prompt, voice)
        if (kept := await self._async_kept(stem)) is not None:
            return kept
        engine = voice.engine or ""
        # What is kept waits for none that is being made
        async with self._rooms[engine]:
            speech = await async_say(self._hass, prompt.text, voice)
            try:
                name = await self._async_record(speech, stem)
            except NotAudioError as err:
                raise VoiceError(engine, "no audio") from err
        if is_asked_for:
            self._listeners.async_notify(VoiceChange(engine=engine, reason=None))
        return name

    def _spoken_stem(self, prompt: Prompt, voice: Voice) -> str:
        try:
            return self._names.spoken(prompt, async_sound_of(self._hass, voice))
        except Exception as err:
            # An engine is others' code, and fails in its own ways
            reason = presentable(str(err) or type(err).__name__)
            raise VoiceError(voice.engine or "", reason) from err

    async def _async_copy(self, prompt: Prompt) -> str | None:
        """Return the name of the recording of a media item; raises MediaError."""
        source = await async_read(self._hass, prompt.media)
        try:
            stem = await self._hass.async_add_executor_job(
                self._copied_stem, prompt, source
            )
        except OSError as err:
            raise MediaError(err.strerror or type(err).__name__) from err
        if (kept := await self._async_kept(stem)) is not None:
            return kept
        try:
            return await self._async_record(source, stem)
        except NotAudioError as err:
            raise MediaError("not audio") from err

    def _copied_stem(self, prompt: Prompt, source: Path | bytes) -> str:
        content = source if isinstance(source, bytes) else source.read_bytes()
        return self._names.copied(prompt, content)

    async def _async_kept(self, stem: str) -> str | None:
        """Return the name of a recording that is kept, if nobody has deleted it."""
        name = self._files.find(stem)
        is_there = name is not None and await self._files.async_is_there(name)
        return name if is_there else None

    async def _async_record(self, source: Path | bytes, stem: str) -> str | None:
        """Make a recording of a file or its bytes; return its name, or None without room for it.

        Raises NotAudioError.
        """
        try:
            return await self._async_make(source, stem)
        except NoRoomError:
            LOGGER.warning("The recordings of calls going on leave no room for another")
        except OSError as err:
            LOGGER.warning("A recording cannot be written: %s", err.strerror)
        return None

    async def _async_make(self, source: Path | bytes, stem: str) -> str:
        """Make a recording; whatever fails, nothing is left behind."""
        await self._files.async_make_folder()
        # Two voices that were asked for can turn out to be the same one
        draft = self._folder / secrets.token_urlsafe(8)
        run = self._hass.async_add_executor_job
        try:
            if isinstance(source, bytes):
                source = await run(_write, draft.with_suffix(".source"), source)
            made = await async_fit(self._hass, source, draft)
            # Nobody can be stopped between this and the return
            await self._files.async_add(made, stem)
        finally:
            await run(_tidy, draft)
        return f"{stem}{made.suffix}"


def loaded_recordings(hass: HomeAssistant) -> list[Recordings]:
    """Return the recordings of all accounts that are loaded."""
    return list(hass.data.get(_LOADED, {}).values())


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _tidy(draft: Path) -> None:
    """Delete what making a recording left behind."""
    for path in draft.parent.glob(f"{draft.name}.*"):
        path.unlink()
