"""Keeping an error that nobody expected from stopping what must go on."""

from collections.abc import Iterator
from contextlib import contextmanager

from ..api import masked_traceback
from ..const import LOGGER


@contextmanager
def guarded(what: str) -> Iterator[None]:
    """Log an error in the body, without anybody's number, and go on behind it."""
    try:
        yield
    except Exception as err:  # noqa: BLE001
        LOGGER.error("%s failed unexpectedly: %s", what, masked_traceback(err))
