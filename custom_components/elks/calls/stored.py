"""Reading what an older or a newer version of the integration wrote."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, override

from homeassistant.helpers.storage import Store

from ..const import LOGGER


class VersionedStore[T: Mapping[str, Any]](Store[T]):
    """A store whose minor versions differ in fields: what is missing has a default.

    A field that is renamed or means something else needs a step in `_async_migrate_func`; one
    that is new or gone does not.
    """

    @override
    async def _async_migrate_func(
        self, old_major_version: int, old_minor_version: int, old_data: Any
    ) -> Any:
        return old_data


def read_each[T](read: Callable[[Any], T], items: Iterable[Any], what: str) -> list[T]:
    """Return what can be read of the items; each that cannot be costs only itself, and a log line."""
    known: list[T] = []
    for item in items:
        try:
            known.append(read(item))
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
        ) as err:
            # Not the text of the error: it can hold a number
            LOGGER.warning("A stored %s cannot be read (%s)", what, type(err).__name__)
    return known
