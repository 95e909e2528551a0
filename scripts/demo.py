"""The first call of a real Home Assistant, told as it happens."""

from argparse import ArgumentParser
import asyncio
from collections.abc import Mapping
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
EVENT = "event.demo_home_call"
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
STAGES = {"ringing": "rings", "talking": "is picked up", "ended": "hung up"}
HEARD = {"ivr": "hears the message", "play": "hears the reply"}


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
    """Place a call that speaks, and tell of it until the sensor shows how it ended.

    Raises HomeError when it ended in another way than it should.
    """
    changes = await connection.subscribe(
        "subscribe_trigger",
        trigger={"trigger": "state", "entity_id": [SENSOR, EVENT]},
    )
    await steer(simulator, "phones", number=PHONE, **PERSON)
    phone = asyncio.create_task(tell_of_phone(simulator, story))
    home = asyncio.create_task(tell_of_home(changes, story))
    try:
        async with asyncio.timeout(CALL_SECONDS):
            call = await connection.act("elks.place_call", CALL, return_response=True)
            await home
    except TimeoutError:
        raise HomeError(f"No end of the call within {CALL_SECONDS} s") from None
    finally:
        phone.cancel()
        home.cancel()
    story.tell(
        "Action",
        f"{call['state']}, {call['duration']} s, {call['cost']} {call['currency']}, "
        f"answer '{call['answer']}'",
    )
    state = await connection.state(SENSOR)
    ended = state["attributes"]
    story.tell(
        "Sensor",
        f"{state['state']}, {ended['duration']} s, {ended['cost']} {call['currency']}",
    )
    if (state["state"], call["answer"]) != ("success", ANSWER):
        raise HomeError("The call did not end with the answer that was given")


async def tell_of_home(changes: asyncio.Queue[dict[str, Any]], story: Story) -> None:
    """Tell of the home's events and of the sensor's states, until the call has ended."""
    shown, ended = None, set[str]()
    while ended != {SENSOR, EVENT}:
        change = await changes.get()
        state = change["variables"]["trigger"]["to_state"]
        if state["entity_id"] == EVENT:
            now = state["attributes"]["event_type"]
            story.tell("Event", told(state["attributes"]))
        elif (now := state["state"]) != shown:
            shown = now
            story.tell("Sensor", shown)
        if now in ENDS:
            ended.add(state["entity_id"])


def told(event: Mapping[str, Any]) -> str:
    """Return what an event says."""
    match event["event_type"]:
        case "placed":
            return f"placed, to {event['to']}"
        case "key_pressed":
            return f"key_pressed, {event['digits']}: '{event['answer']}'"
        case other:
            return str(other)


async def tell_of_phone(simulator: SimulatorProcess, story: Story) -> None:
    """Tell what the phone that was called does, and what is heard there."""
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
                story.tell("Phone", STAGES[stage])
            if phone["playing"] and phone["playing"] != played:
                played = phone["playing"]
                story.tell("Phone", HEARD[next(iter(calls[0]["actions"][-1]))])


async def steer(simulator: SimulatorProcess, path: str, **options: Any) -> None:
    """Tell the simulator what its phones do."""
    async with (
        ClientSession(simulator.url) as session,
        session.post(f"/control/{path}", json=options) as response,
    ):
        response.raise_for_status()


async def keep_running(home: Home, simulator: SimulatorProcess) -> None:
    """Let calls ring on the phones' page, until Home Assistant ends."""
    await steer(simulator, "phones", number=PHONE, **BY_HAND)
    await steer(simulator, "manual", manual=True)
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
