"""How times are written."""

from datetime import datetime
from enum import StrEnum


class Times(StrEnum):
    """The formats the provider writes times in, all of them in UTC."""

    MICROSECONDS = "microseconds"
    # With six digits, truncated rather than rounded
    MILLISECONDS = "milliseconds"
    SECONDS = "seconds"
    ZULU = "zulu"
    # With a space instead of the T
    BLANK = "blank"
    UNREADABLE = "unreadable"

    def write(self, moment: datetime) -> str:
        """Return a time as text."""
        text = moment.strftime("%Y-%m-%dT%H:%M:%S")
        match self:
            case Times.MICROSECONDS:
                return f"{text}.{moment.microsecond:06}"
            case Times.MILLISECONDS:
                return f"{text}.{moment.microsecond // 1000:03}000"
            case Times.SECONDS:
                return text
            case Times.ZULU:
                return f"{text}Z"
            case Times.BLANK:
                return f"{text.replace('T', ' ')}.{moment.microsecond:06}"
            case Times.UNREADABLE:
                return f"{text}:00.11"
