"""The first call of a real Home Assistant, printed as it happens."""

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
from .home_process import PASSWORD, ROOT, USERNAME, HomeProcess, running_home
from .process import ProcessError, last_lines
from .simulator_process import SimulatorProcess, running_simulator

FOLDER = ROOT / ".demo"
SENSOR = "sensor.demo_home_last_call"
LAST_ANSWER = "sensor.demo_home_last_answer"
PHONE = "+46701234567"
ANSWER = "I will take care of it"
CALL = {
    "to": PHONE,
    "message": "Water is leaking in the kitchen. Press 1 if you will take care of it.",
    "answers": [{"key": "1", "id": ANSWER, "reply": "Thank you. Good luck!"}],
    "wait": True,
}
# The person presses the key when the message is almost over
PERSON = {"talk_for": None, "keys": [{"after": 4, "keys": "1"}]}
BY_HAND = {"talk_for": None, "outcome": "no_answer"}
CALL_SECONDS = 60
ENDS = ("success", "busy", "failed")
STAGES = {"ringing": "rings", "talking": "is answered", "ended": "hangs up"}
HEARD = {"ivr": "hears the message", "play": "hears the reply"}


class Transcript:
    """Prints what happens, with the seconds since the start."""

    def __init__(self) -> None:
        """Start now."""
        self._begin = time.monotonic()

    def add(self, who: str, what: str) -> None:
        """Print what somebody did."""
        print(f"{time.monotonic() - self._begin:6.1f} s  {who:<15} {what}", flush=True)


async def demo(*, once: bool) -> None:
    """Place the first call; keep running afterwards unless `once`."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    transcript = Transcript()
    async with (
        running_simulator(FOLDER / "simulator.log") as simulator,
        running_home(FOLDER / "home") as home,
    ):
        transcript.add("Home Assistant", "is running and has an owner")
        entry = await home.add("elks", *simulator.config_flow())
        transcript.add("Home Assistant", f"has the account '{entry['title']}'")
        async with home.connect() as connection:
            await first_call(connection, simulator, transcript)
        if not once:
            await keep_running(home, simulator)


async def first_call(
    connection: Connection, simulator: SimulatorProcess, transcript: Transcript
) -> None:
    """Place a call that speaks, and report on it until the sensor shows how it ended.

    Raises HomeError if it did not end as it should.
    """
    changes = await connection.subscribe(
        "subscribe_trigger",
        trigger={"trigger": "state", "entity_id": [SENSOR, LAST_ANSWER]},
    )
    async with simulator.control() as control:
        await control.script(PHONE, **PERSON)
    phone = asyncio.create_task(report_phone(simulator, transcript))
    home = asyncio.create_task(report_home(changes, transcript))
    try:
        async with asyncio.timeout(CALL_SECONDS):
            call = await connection.act("elks.place_call", CALL, return_response=True)
            await home
    except TimeoutError:
        raise HomeError(f"The call did not end within {CALL_SECONDS} s") from None
    finally:
        phone.cancel()
        home.cancel()
    transcript.add(
        "Action",
        f"{call['state']}, {call['duration']} s, {call['cost']} {call['currency']}, "
        f"answer '{call['answer']}'",
    )
    state = await connection.state(SENSOR)
    ended = state["attributes"]
    transcript.add(
        "Last call",
        f"{state['state']}, {ended['duration']} s, {ended['cost']} {call['currency']}",
    )
    if (state["state"], call["answer"]) != ("success", ANSWER):
        raise HomeError("The call did not end with the person's answer")


async def report_home(
    changes: asyncio.Queue[dict[str, Any]], transcript: Transcript
) -> None:
    """Report the answer, and each state of the last call, until the call has ended."""
    shown = None
    while shown not in ENDS:
        change = await changes.get()
        state = change["variables"]["trigger"]["to_state"]
        if state["entity_id"] == LAST_ANSWER:
            transcript.add("Last answer", state["state"])
        elif state["state"] != shown:
            shown = state["state"]
            transcript.add("Last call", shown)


async def report_phone(simulator: SimulatorProcess, transcript: Transcript) -> None:
    """Report what the phone that is called does, and what is heard on it."""
    stage, played = None, 0
    async with (
        ClientSession(simulator.url) as session,
        session.ws_connect("/control/events") as events,
    ):
        async for event in events:
            if not (calls := event.json()["calls"]):
                continue
            phone = calls[0]["phones"][0]
            if phone["stage"] != stage:
                stage = phone["stage"]
                transcript.add("Phone", STAGES[stage])
            if phone["playing"] and phone["playing"] != played:
                played = phone["playing"]
                transcript.add("Phone", HEARD[next(iter(calls[0]["actions"][-1]))])


async def keep_running(home: HomeProcess, simulator: SimulatorProcess) -> None:
    """Let calls ring on the phones' page until Home Assistant stops."""
    async with simulator.control() as control:
        await control.script(PHONE, **BY_HAND)
        await control.post("manual", manual=True)
    print(
        f"\nHome Assistant: {home.url} (user {USERNAME}, password {PASSWORD})"
        f"\nPhones:         {simulator.url} (calls ring there from now on)"
        "\nPress Ctrl-C to stop both.",
        flush=True,
    )
    with suppress(asyncio.CancelledError):
        while home.running:
            await asyncio.sleep(1)
        raise HomeError("Home Assistant has stopped")


async def main() -> int:
    """Run the demo until it is done or stopped."""
    parser = ArgumentParser("scripts/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the first call")
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
