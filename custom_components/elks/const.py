"""Names of the integration that more than one module uses."""

import logging
from typing import Final

DOMAIN: Final = "elks"
LOGGER: Final = logging.getLogger(__package__)

CONF_ADVANCED: Final = "advanced"
CONF_CALLBACK_KEY: Final = "callback_key"
CONF_CURRENCY: Final = "currency"
CONF_FROM_NUMBER: Final = "from_number"

DEFAULT_RING_TIMEOUT: Final = 60
MAX_RING_TIMEOUT: Final = 300
"""Seconds."""
