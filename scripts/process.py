"""A program run beside us: started, watched, stopped."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
import subprocess


class ProcessError(Exception):
    """A program did not do what it was started for."""


class Process:
    """A program that writes what it says to a file."""

    def __init__(self, command: Sequence[str | Path], output: Path) -> None:
        """Start it, in a session of its own: Ctrl-C is ours to pass on."""
        self.output = output
        with output.open("ab") as file:
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its id."""
        return self._popen.pid

    @property
    def running(self) -> bool:
        """Whether it is still there."""
        return self._popen.poll() is None

    async def wait_for(
        self, what: str, check: Callable[[], Awaitable[bool]], seconds: float
    ) -> None:
        """Wait until the check succeeds; say what went wrong if it does not."""
        try:
            async with asyncio.timeout(seconds):
                while not await check():
                    if not self.running:
                        raise ProcessError(
                            f"{what}: ended early\n{last_words(self.output)}"
                        )
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise ProcessError(
                f"{what}: not within {seconds:.0f} s\n{last_words(self.output)}"
            ) from None

    async def stop(self, seconds: float) -> None:
        """Ask it to end; make it end if it does not."""
        self._popen.terminate()
        try:
            async with asyncio.timeout(seconds):
                while self.running:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            self.kill()
            raise ProcessError(
                f"Had to be killed after {seconds:.0f} s\n{last_words(self.output)}"
            ) from None

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._popen.kill()
        self._popen.wait()


def last_words(output: Path) -> str:
    """Return the end of what a program said."""
    lines = output.read_text(errors="replace").splitlines()
    return "\n".join([f"The end of {output}:", *lines[-30:]])
