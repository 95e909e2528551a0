"""A home that calls when water leaks, and answers when it is called: press its pendant, and 1 on the phone."""

from argparse import ArgumentParser
import asyncio
from contextlib import suppress
import shutil
import signal
import sys
import time
from typing import Any

from aiohttp import ClientError, ClientSession

from .connection import Connection, HomeError
from .demo_home import (
    ANNA,
    BO,
    CHAIN,
    LAST_CALLS,
    LINE_CALL,
    PENDANT,
    PEOPLE,
    VALVE,
    running_demo_home,
)
from .home_process import ROOT, HomeProcess
from .process import ProcessError, last_lines
from .simulator_process import SimulatorProcess, running_simulator

FOLDER = ROOT / ".demo"
# Anna is busy; Bo presses the key when the message is almost over
PEOPLE_AT_ONCE: dict[str, dict[str, Any]] = {
    ANNA: {"outcome": "decline"},
    BO: {"talk_for": None, "keys": [{"after": 4, "keys": "1"}]},
}
ALARM_SECONDS = 60
STAGES = {
    "calling": "calls the home",
    "ringing": "rings",
    "talking": "is answered",
    "ended": "hangs up",
}
HEARD = {"ivr": "plays the message", "play": "plays the reply"}


class Transcript:
    """Prints what happens, with the seconds since the start."""

    def __init__(self) -> None:
        """Start now."""
        self._begin = time.monotonic()

    def add(self, who: str, what: str) -> None:
        """Print what somebody did."""
        print(f"{time.monotonic() - self._begin:6.1f} s  {who:<15} {what}", flush=True)


async def demo(*, once: bool) -> None:
    """Run the home; press its pendant and end after the alarm if `once`."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    transcript = Transcript()
    print("Starting Home Assistant and a simulated 46elks …", flush=True)
    options = () if once else ("--manual",)
    async with (
        running_simulator(FOLDER / "simulator.log", *options) as simulator,
        running_demo_home(FOLDER / "home", simulator) as home,
        home.connect() as connection,
    ):
        changes = await connection.subscribe(
            "subscribe_trigger",
            trigger={
                "trigger": "state",
                "entity_id": [PENDANT, CHAIN, VALVE, LINE_CALL, *LAST_CALLS],
                "not_from": "unavailable",
            },
        )
        closed = asyncio.Event()
        reports = (
            asyncio.create_task(report_home(changes, transcript, closed)),
            asyncio.create_task(report_phones(simulator, transcript)),
        )
        try:
            if once:
                await rehearse(connection, simulator, closed)
            else:
                await keep_running(home, simulator)
        finally:
            for report in reports:
                report.cancel()


async def rehearse(
    connection: Connection, simulator: SimulatorProcess, closed: asyncio.Event
) -> None:
    """Press the pendant, and check that the valve closes when Bo presses 1.

    Raises HomeError if it does not.
    """
    async with simulator.control() as control:
        for number, script in PEOPLE_AT_ONCE.items():
            await control.script(number, **script)
    await connection.act("input_button.press", {"entity_id": PENDANT})
    try:
        async with asyncio.timeout(ALARM_SECONDS):
            await closed.wait()
    except TimeoutError:
        raise HomeError(f"The valve did not close within {ALARM_SECONDS} s") from None
    accepted = await connection.state("sensor.demo_home_acknowledged_by")
    if accepted["state"] != "Bo":
        raise HomeError("The valve closed although Bo had not accepted")


async def report_home(
    changes: asyncio.Queue[dict[str, Any]],
    transcript: Transcript,
    closed: asyncio.Event,
) -> None:
    """Report the pendant, the chain, the line, the calls and the valve, and set when that closes."""
    shown: dict[str, str] = {}
    while True:
        change = await changes.get()
        state = change["variables"]["trigger"]["to_state"]
        entity, value = state["entity_id"], state["state"]
        if shown.get(entity) == value:
            continue
        shown[entity] = value
        match entity:
            case _ if entity == PENDANT:
                transcript.add("Pendant", "is pressed")
            case _ if entity == CHAIN:
                transcript.add("Call chain", value)
            case _ if entity == VALVE:
                transcript.add("Water valve", "opens" if value == "on" else "closes")
                if value == "off":
                    closed.set()
            case _ if entity == LINE_CALL:
                transcript.add("Line", state["attributes"]["event_type"])
            case _:
                transcript.add("Last call", f"{LAST_CALLS[entity]}: {value}")


async def report_phones(simulator: SimulatorProcess, transcript: Transcript) -> None:
    """Report what people's phones do, and what is heard on them."""
    names = {number: name for name, number in PEOPLE.items()}
    stages: dict[str, str] = {}
    played: dict[str, int] = {}
    async with (
        ClientSession(simulator.url) as session,
        session.ws_connect("/control/events") as events,
    ):
        async for event in events:
            for call in reversed(event.json()["calls"]):
                [phone, *_] = call["phones"]
                name = names.get(phone["number"])
                who = f"{name}'s phone" if name else "A phone"
                if stages.get(call["id"]) != phone["stage"]:
                    stages[call["id"]] = phone["stage"]
                    transcript.add(who, STAGES[phone["stage"]])
                playing = phone["playing"]
                if playing and played.get(call["id"]) != playing:
                    played[call["id"]] = playing
                    transcript.add(who, HEARD[next(iter(call["actions"][-1]))])


async def keep_running(home: HomeProcess, simulator: SimulatorProcess) -> None:
    """Let calls ring on the phones' page until Home Assistant stops."""
    print(
        "\n  Press the pendant now:"
        f"\n\n    Home Assistant   {home.url}"
        f"\n    Phones           {simulator.url}"
        "\n\n  Open both. Anna's phone rings: answer, and press 1. The water valve closes."
        "\n  Then press Call on the phones' page: the home answers, and reads out a menu."
        "\n  Press Ctrl-C to stop.\n",
        flush=True,
    )
    with suppress(asyncio.CancelledError):
        while home.running:
            await asyncio.sleep(1)
        raise HomeError("Home Assistant has stopped")


async def main() -> int:
    """Run the demo until it is done or stopped."""
    parser = ArgumentParser("scripts/demo", description=__doc__)
    parser.add_argument(
        "--once", action="store_true", help="press the pendant, and end after the alarm"
    )
    once = parser.parse_args().once or not sys.stdout.isatty()
    running = asyncio.create_task(demo(once=once))
    _cancel_on_signals(running)
    try:
        await running
    except asyncio.CancelledError:
        return 130
    except ProcessError as error:
        print(f"The demo failed: {error}", file=sys.stderr)
        return 1
    except (ClientError, HomeError, TimeoutError) as error:
        print(f"The demo failed: {error!r}", file=sys.stderr)
        print(last_lines(FOLDER / "home/output.log"), file=sys.stderr)
        return 1
    return 0


def _cancel_on_signals(task: asyncio.Task[None]) -> None:
    stopping = False

    def stop() -> None:
        # Another signal must not interrupt the clean-up
        nonlocal stopping
        if not stopping:
            task.cancel()
        stopping = True

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
