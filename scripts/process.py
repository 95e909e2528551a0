"""Starting, watching and stopping another program."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
import subprocess


class ProcessError(Exception):
    """A program failed."""


class Process:
    """A running program, with its output in a file."""

    def __init__(self, command: Sequence[str | Path], output: Path) -> None:
        """Start the program in a session of its own, so that Ctrl-C does not reach it."""
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
        """The id of the process."""
        return self._popen.pid

    @property
    def running(self) -> bool:
        """Whether the program is still running."""
        return self._popen.poll() is None

    async def wait_for(
        self, what: str, check: Callable[[], Awaitable[bool]], seconds: float
    ) -> None:
        """Wait until a check succeeds; raise ProcessError with the output if it does not."""
        try:
            async with asyncio.timeout(seconds):
                while not await check():
                    if not self.running:
                        raise ProcessError(
                            f"{what} ended early\n{last_lines(self.output)}"
                        )
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise ProcessError(
                f"{what} was not ready within {seconds:.0f} s\n{last_lines(self.output)}"
            ) from None

    async def stop(self, seconds: float) -> None:
        """Terminate the program; kill it, and raise ProcessError, if it does not stop."""
        self._popen.terminate()
        try:
            async with asyncio.timeout(seconds):
                while self.running:
                    await asyncio.sleep(0.05)
        except TimeoutError:
            self.kill()
            raise ProcessError(
                f"The program had to be killed after {seconds:.0f} s\n{last_lines(self.output)}"
            ) from None

    def kill(self) -> None:
        """Kill the program, as a power cut would."""
        self._popen.kill()
        self._popen.wait()


def last_lines(output: Path) -> str:
    """Return the end of a program's output."""
    lines = output.read_text(errors="replace").splitlines()
    return "\n".join([f"The end of {output}:", *lines[-30:]])
