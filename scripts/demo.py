"""The first call of a real Home Assistant, told as it happens."""

from argparse import ArgumentParser
import asyncio
from contextlib import AsyncExitStack, suppress
import shutil
import signal
import sys
import time
from typing import Any

from aiohttp import ClientError, ClientSession

from .home import PASSWORD, ROOT, USERNAME, Connection, Home, HomeError
from .process import ProcessError, last_words
from .simulator_process import SimulatorProcess

FOLDER = ROOT / ".demo"
SENSOR = "sensor.demo_home_last_call"
CALL = {"to": "070-123 45 67", "voice_start": {"play": "sound/dtmf/4P6P3P5P5P7P"}}
CALL_SECONDS = 60
STAGES = {"ringing": "rings", "talking": "answered", "ended": "hung up"}


class Story:
    """What happens, with the seconds since it began."""

    def __init__(self) -> None:
        """Begin now."""
        self._begin = time.monotonic()

    def tell(self, who: str, what: str) -> None:
        """Print what somebody did."""
        print(f"{time.monotonic() - self._begin:6.1f} s  {who:<15} {what}", flush=True)


async def demo(*, once: bool) -> None:
    """Place the first call; unless that is all, keep running."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    story = Story()
    async with AsyncExitStack() as stack:
        simulator = SimulatorProcess(FOLDER / "simulator.log")
        stack.push_async_callback(simulator.stop)
        home = Home(FOLDER / "home")
        stack.push_async_callback(home.stop)
        await simulator.started()
        await home.start()
        story.tell("Home Assistant", "is ready and has an owner")
        entry = await home.add("elks", *simulator.config_flow())
        story.tell("Home Assistant", f"has the account '{entry['title']}'")
        async with home.connect() as connection:
            await first_call(connection, simulator, story)
        if not once:
            await keep_running(home, simulator)


async def first_call(
    connection: Connection, simulator: SimulatorProcess, story: Story
) -> None:
    """Place a call and tell of it until the sensor shows how it ended."""
    changes = await connection.subscribe(
        "subscribe_trigger",
        trigger={"trigger": "state", "entity_id": SENSOR, "to": None},
    )
    phone = asyncio.create_task(tell_of_phone(simulator, story))
    try:
        async with asyncio.timeout(CALL_SECONDS):
            call = await connection.act("elks.place_call", CALL, return_response=True)
            story.tell("Home Assistant", f"placed a call to {call['to']}")
            while await sensor_state(changes) == "ongoing":
                story.tell("Sensor", "ongoing")
    except TimeoutError:
        raise HomeError(f"No end of the call within {CALL_SECONDS} s") from None
    finally:
        phone.cancel()
    state = await connection.state(SENSOR)
    ended = state["attributes"]
    story.tell(
        "Sensor", f"{state['state']}, {ended['duration']} s, {ended['cost']} SEK"
    )


async def sensor_state(changes: asyncio.Queue[dict[str, Any]]) -> str:
    """Wait for the sensor's next state."""
    change = await changes.get()
    state: str = change["variables"]["trigger"]["to_state"]["state"]
    return state


async def tell_of_phone(simulator: SimulatorProcess, story: Story) -> None:
    """Tell what the phone that was called does."""
    stage = None
    async with (
        ClientSession(simulator.url) as session,
        session.ws_connect("/control/events") as events,
    ):
        async for event in events:
            calls = event.json()["calls"]
            if calls and calls[0]["phones"][0]["stage"] != stage:
                stage = calls[0]["phones"][0]["stage"]
                story.tell("Phone", STAGES[stage])


async def keep_running(home: Home, simulator: SimulatorProcess) -> None:
    """Let calls ring on the phones' page, until Home Assistant ends."""
    async with ClientSession(simulator.url) as session:
        await session.post("/control/manual", json={"manual": True})
    print(
        f"\nHome Assistant: {home.url} (user {USERNAME}, password {PASSWORD})"
        f"\nPhones:         {simulator.url} (they ring there from now on)"
        "\nCtrl-C stops both.",
        flush=True,
    )
    with suppress(asyncio.CancelledError):
        while home.running:
            await asyncio.sleep(1)
        raise HomeError("Home Assistant has ended")


async def main() -> int:
    """Run the demo until it is done or told to stop."""
    parser = ArgumentParser("scripts/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the first call")
    once = parser.parse_args().once or not sys.stdout.isatty()
    running = asyncio.create_task(demo(once=once))
    _cancel_when_told(running)
    try:
        await running
    except asyncio.CancelledError:
        return 130
    except ProcessError as error:
        print(f"The demo failed: {error}", file=sys.stderr)
        return 1
    except (ClientError, HomeError, TimeoutError) as error:
        print(f"The demo failed: {error!r}", file=sys.stderr)
        print(last_words(FOLDER / "home/output.log"), file=sys.stderr)
        return 1
    return 0


def _cancel_when_told(task: asyncio.Task[None]) -> None:
    told = False

    def stop() -> None:
        # Told again while it stops, it shall go on stopping
        nonlocal told
        if not told:
            task.cancel()
        told = True

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
