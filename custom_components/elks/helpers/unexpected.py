"""What nobody expected to go wrong: written to the log, and no reason to stop."""

from collections.abc import Iterator
from contextlib import contextmanager
from traceback import format_tb

from ..const import LOGGER


def log_unexpected(doing: str, err: Exception) -> None:
    """Write to the log what went wrong and where, but not its text, which may hold a number or a secret."""
    LOGGER.error(
        "Unexpected %s while %s\n%s",
        type(err).__name__,
        doing,
        "".join(format_tb(err.__traceback__)),
    )


@contextmanager
def going_on(doing: str) -> Iterator[None]:
    """Go on after whatever goes wrong inside, which is logged."""
    try:
        yield
    except Exception as err:  # noqa: BLE001
        log_unexpected(doing, err)
