"""Names of the integration that more than one module uses."""

import logging
from typing import Final

DOMAIN: Final = "elks"
LOGGER: Final = logging.getLogger(__package__)

TOP_UP_URL: Final = "https://46elks.com/account"

CONF_ADVANCED: Final = "advanced"
CONF_ANSWER_WITH: Final = "answer_with"
CONF_CALLERS: Final = "callers"
CONF_CALLBACK_KEY: Final = "callback_key"
CONF_CURRENCY: Final = "currency"
CONF_FROM_NUMBER: Final = "from_number"
CONF_FORWARD_TO: Final = "forward_to"
CONF_GREETING: Final = "greeting"
CONF_KEEP_SPEECH: Final = "keep_speech"
CONF_LINE_KEY: Final = "line_key"
CONF_MENU: Final = "menu"
CONF_MINUTES_PER_DAY: Final = "minutes_per_day"
CONF_NUMBER: Final = "number"
CONF_OTHERS: Final = "others"
CONF_PIN: Final = "pin"
CONF_SAY: Final = "say"
CONF_SPEECH: Final = "speech"
CONF_TTS_ENTITY_ID: Final = "tts_entity_id"
CONF_VOICE_START_BEFORE: Final = "voice_start_before"

SUBENTRY_CONTACT: Final = "contact"
SUBENTRY_LINE: Final = "line"

ATTR_ACTIONS: Final = "actions"
ATTR_ACKNOWLEDGE_KEY: Final = "acknowledge_key"
ATTR_ANSWERS: Final = "answers"
ATTR_AT_ONCE: Final = "at_once"
ATTR_CALL_ID: Final = "call_id"
ATTR_CHAIN_ID: Final = "chain_id"
ATTR_CONNECT: Final = "connect"
ATTR_DIGITS: Final = "digits"
ATTR_FROM: Final = "from"
ATTR_HANG_UP: Final = "hang_up"
ATTR_KEY: Final = "key"
ATTR_LANGUAGE: Final = "language"
ATTR_MEDIA: Final = "media"
ATTR_MESSAGE: Final = "message"
ATTR_OPTIONS: Final = "options"
ATTR_PAUSE: Final = "pause"
ATTR_REPEAT: Final = "repeat"
ATTR_REPLY: Final = "reply"
ATTR_ROUNDS: Final = "rounds"
ATTR_SIGNAL: Final = "signal"
ATTR_TIMEOUT: Final = "timeout"
ATTR_TO: Final = "to"
ATTR_TTS_ENTITY_ID: Final = "tts_entity_id"
ATTR_VOICE_START: Final = "voice_start"
ATTR_WAIT: Final = "wait"
ATTR_WHENHANGUP: Final = "whenhangup"

DEFAULT_RING_TIMEOUT: Final = 60
MAX_RING_TIMEOUT: Final = 300
"""Seconds."""
