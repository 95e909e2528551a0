"""The provider's time."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass
class Clock:
    """Tells the provider's time and waits in it.

    `speed` is how many simulated seconds pass in a real one while somebody waits;
    `math.inf` waits not at all, and so works with frozen time too. The time of day
    runs as everywhere else, only `offset` apart: it stays comparable with the
    caller's, whatever the speed.
    """

    speed: float = 1.0
    offset: timedelta = timedelta()

    def now(self) -> datetime:
        """Return the provider's time of day, in UTC."""
        return datetime.now(UTC) + self.offset

    def real(self, seconds: float) -> float:
        """Return how many real seconds so many simulated seconds take."""
        return seconds / self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait for simulated seconds."""
        await asyncio.sleep(self.real(seconds))
