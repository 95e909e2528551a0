"""The provider's clock."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass
class Clock:
    """Keeps the provider's time and waits in it.

    `speed` is how many simulated seconds pass in a real one during a wait; with `math.inf`
    no wait takes any time, which also works while time is frozen. The time of day always
    runs at the normal speed, only shifted by `offset`, so that it stays comparable with the
    customer's.
    """

    speed: float = 1.0
    offset: timedelta = timedelta()

    def now(self) -> datetime:
        """Return the provider's time of day, in UTC."""
        return datetime.now(UTC) + self.offset

    def real(self, seconds: float) -> float:
        """Return how many real seconds a number of simulated seconds takes."""
        return seconds / self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait for a number of simulated seconds."""
        await asyncio.sleep(self.real(seconds))
