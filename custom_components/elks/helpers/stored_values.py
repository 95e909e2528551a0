"""Single values as they are read from disk: one of another type is damaged, or is not ours."""

from datetime import datetime


def text(value: object) -> str:
    """Return a text. Raises TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def text_or_none(value: object) -> str | None:
    """Return a text or nothing. Raises TypeError for anything else."""
    return None if value is None else text(value)


def whole_number(value: object) -> int:
    """Return a whole number. Raises TypeError for anything else."""
    if not isinstance(value, int):
        raise TypeError("not a whole number")
    return value


def moment(value: object) -> datetime:
    """Return a time with its zone. Raises TypeError or ValueError for anything else."""
    time = datetime.fromisoformat(text(value))
    if time.tzinfo is None:
        raise ValueError("a time without a zone")
    return time
