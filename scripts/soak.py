"""Calls by the second while everything goes wrong, and an account of every one of them."""

from argparse import ArgumentParser, Namespace
import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
import json
import os
from pathlib import Path
import random
import re
from statistics import fmean, median
import sys
from tempfile import TemporaryDirectory
import time
from typing import Any

from aiohttp import ClientError, ClientSession, encode_basic_auth

from .home import Connection, Home, HomeError
from .process import ProcessError
from .simulator_process import SimulatorProcess

SPEED = 5
BALANCE = 10**10
FIRST_NUMBER = 46_700_000_000
CALL = {"voice_start": {"play": "sound/dtmf/4P6P3P5P5P7P"}, "timeout": 10}
PLACE = {"on": "POST /calls"}
HANGUP = {"on": "whenhangup"}
OUTCOMES = ("answer", "answer", "answer", "decline", "busy", "no_answer", "unreachable")
FAULTS: dict[str, dict[str, Any]] = {
    # A request that has no effect
    "too many requests": {
        **PLACE,
        "kind": "status",
        "status": 429,
        "headers": {"Retry-After": "1"},
    },
    "unavailable": {**PLACE, "kind": "status", "status": 503},
    "unavailable for long": {**PLACE, "kind": "status", "status": 503, "times": 4},
    "not allowed": {**PLACE, "kind": "status", "status": 403},
    "reset before": {**PLACE, "kind": "reset_before"},
    "failed before": {**PLACE, "kind": "status", "status": 500},
    # A request whose answer says nothing
    "reset after": {**PLACE, "kind": "reset_after"},
    "failed after": {**PLACE, "kind": "status_after", "status": 502},
    "HTML": {**PLACE, "kind": "html"},
    "cut short": {**PLACE, "kind": "truncated"},
    "wrong JSON": {**PLACE, "kind": "wrong_json"},
    "huge": {**PLACE, "kind": "huge"},
    "silence": {**PLACE, "kind": "stall"},
    # A request whose answer is late
    "late": {**PLACE, "kind": "delay", "delay": 10},
    "ended before": {**PLACE, "kind": "callback_early"},
    # A callback
    "callback lost": {**HANGUP, "kind": "callback_dropped"},
    "callback twice": {**HANGUP, "kind": "callback_doubled"},
    "callback late": {**HANGUP, "kind": "callback_late", "delay": 20},
    "callback empty": {**HANGUP, "kind": "callback_fields", "fields": {"state": None}},
    "callback odd": {**HANGUP, "kind": "callback_fields", "fields": {"state": "odd"}},
    "callback of another": {
        **HANGUP,
        "kind": "callback_fields",
        "fields": {"id": f"c{0:032}"},
    },
}
FAULTY = 0.25
UNREADABLE = {
    *("reset after", "failed after", "HTML", "cut short"),
    *("wrong JSON", "huge", "silence"),
}

LOOK_INTERVAL = 0.5
WARM_AFTER = 30
WINDOW = 10
MOST_GROWTH = 0.10
LONGEST_LATENCY = 2.0
SETTLE_SECONDS = 150
MOST_SHOWN = 20
COMPLAINT = re.compile(
    r"(WARNING|ERROR) .*(\[custom_components\.elks|integration '?elks)"
)
NOT_TESTED = "has not been tested"


@dataclass
class Action:
    """One call that was asked for, to a number of its own."""

    number: str
    fault: str | None
    wait: bool
    call_id: str | None = None
    state: str | None = None
    """How the call ended, if the action told."""
    error: str | None = None
    seconds: float = 0

    @property
    def unknown(self) -> bool:
        """Whether it failed without knowing whether the phone rings."""
        return self.error is not None and self.error.startswith("It is unknown")


class Provider:
    """The simulator, steered by its control API and read by its own."""

    def __init__(self, session: ClientSession, simulator: SimulatorProcess) -> None:
        """Use the account that the simulator has."""
        account = simulator.config_flow()[0]
        authorization = encode_basic_auth(account["username"], account["password"])
        self._headers = {"Authorization": authorization}
        self._calls_url = f"{account['advanced']['url']}/calls"
        self._session = session

    async def prepare(self, action: Action, outcome: str) -> None:
        """Let a person and what is to go wrong wait for a call."""
        number = {"number": action.number}
        await self._control("phones", {**number, "outcome": outcome})
        if action.fault:
            await self._control("faults", {**number, **FAULTS[action.fault]})

    async def speak(self, seed: str) -> None:
        """Speak in a dialect chosen by chance from now on."""
        await self._control("dialect", {"seed": seed})

    async def calls(self) -> list[dict[str, Any]]:
        """Return all calls that it has carried."""
        calls: list[dict[str, Any]] = []
        query: dict[str, str] = {}
        while True:
            async with self._session.get(
                self._calls_url,
                params=query,
                headers=self._headers,
                raise_for_status=True,
            ) as response:
                page = await response.json()
            calls += page["data"]
            if "next" not in page:
                return calls
            query = {"start": page["next"]}

    async def _control(self, path: str, options: dict[str, Any]) -> None:
        async with self._session.post(
            f"/control/{path}", json=options, raise_for_status=True
        ):
            pass


@dataclass(frozen=True)
class Sample:
    """Home Assistant's process at one moment."""

    at: float
    """Seconds since the begin."""
    latency: float
    """Seconds that its event loop took to answer."""
    memory: float
    """MiB."""
    work: float
    """Seconds of a processor, since it was started."""


class Watch:
    """What is seen of Home Assistant's process as time goes by."""

    def __init__(self, home: Home) -> None:
        """Begin now."""
        self._home = home
        self._begin = time.monotonic()
        self._samples: list[Sample] = []
        self.ended: set[str] = set()
        """Ids of the calls whose end it has written down."""

    async def go_on(self, connection: Connection) -> None:
        """Look until cancelled."""
        while True:
            asked = time.monotonic()
            await connection.command("auth/current_user")
            self._samples.append(
                Sample(
                    at=asked - self._begin,
                    latency=time.monotonic() - asked,
                    memory=_memory(self._home.pid),
                    work=_work(self._home.pid),
                )
            )
            self.read_record()
            await asyncio.sleep(LOOK_INTERVAL)

    def read_record(self) -> None:
        """Note which calls have ended by the file that Home Assistant keeps of them."""
        for file in (self._home.folder / ".storage").glob("elks.*"):
            self.ended.update(json.loads(file.read_text())["data"]["ended_ids"])

    def between(self, begin: float, end: float) -> list[Sample]:
        """Return what was seen from one second to another."""
        return [sample for sample in self._samples if begin <= sample.at < end]


class Account:
    """What became of every action, and whatever does not add up."""

    def __init__(self, calls: list[dict[str, Any]], ended: set[str]) -> None:
        """Compare with the calls at the provider and those that ended here."""
        self.fates: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._calls: dict[str, list[dict[str, Any]]] = {}
        for call in calls:
            self._calls.setdefault(call["to"], []).append(call)
        for call_id in ended ^ {call["id"] for call in calls}:
            self.wrong.append(f"Known on one side only: {call_id}")

    def enter(self, action: Action) -> None:
        """Take in an action that is over."""
        calls = self._calls.get(action.number, [])
        self.fates[_fate(action, called=bool(calls))] += 1
        if fault := _fault(action, calls):
            self.wrong.append(f"{fault}: {action}, at the provider {calls}")


def _fate(action: Action, *, called: bool) -> str:
    if action.call_id:
        return "adopted" if action.fault in UNREADABLE else "placed"
    if not action.unknown:
        return "refused"
    return "adopted late" if called else "unknown, no call"


def _fault(action: Action, calls: list[dict[str, Any]]) -> str | None:
    """Return what is wrong about an action and the calls to its number."""
    if len(calls) > 1:
        return "Placed twice"
    if action.call_id not in (None, *(call["id"] for call in calls)):
        return "Another call"
    if action.error and not action.unknown and calls:
        return "Placed, though the action said it was not"
    if action.state not in (None, *(call["state"] for call in calls)):
        return "Another end"
    return None


def plan(options: Namespace) -> list[tuple[Action, str]]:
    """Return all actions, each with what the person who is called does."""
    chance = random.Random(options.seed)
    return [
        (
            Action(
                number=f"+{FIRST_NUMBER + count}",
                fault=chance.choice(list(FAULTS)) if chance.random() < FAULTY else None,
                wait=chance.random() < 0.5,
            ),
            chance.choice(OUTCOMES),
        )
        for count in range(options.rate * options.seconds)
    ]


async def perform(
    action: Action, outcome: str, connection: Connection, provider: Provider
) -> None:
    """Place a call and note what the action told."""
    await provider.prepare(action, outcome)
    data = {**CALL, "to": action.number, "wait": action.wait}
    asked = time.monotonic()
    try:
        call = await connection.act("elks.place_call", data, return_response=True)
    except (HomeError, TimeoutError) as error:
        action.error = str(error) or "no answer"
    else:
        action.call_id = call["call_id"]
        action.state = call["state"] if action.wait else None
    action.seconds = time.monotonic() - asked


async def place_all(
    planned: list[tuple[Action, str]],
    options: Namespace,
    connection: Connection,
    provider: Provider,
) -> float:
    """Place the calls at a rate, in another dialect each second; return the seconds that it took."""
    begin = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for count, (action, outcome) in enumerate(planned):
            await asyncio.sleep(begin + count / options.rate - time.monotonic())
            if count % options.rate == 0:
                await provider.speak(f"{options.seed}-{count}")
            tasks.create_task(perform(action, outcome, connection, provider))
        return time.monotonic() - begin


async def settle(watch: Watch, provider: Provider) -> list[dict[str, Any]]:
    """Wait until all calls have ended here, if they do; return those of the provider."""
    calls = await provider.calls()
    ids = {call["id"] for call in calls}
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_SECONDS):
            while not ids <= watch.ended:
                await asyncio.sleep(LOOK_INTERVAL)
    return await provider.calls()


@asynccontextmanager
async def running(folder: Path) -> AsyncGenerator[tuple[Home, SimulatorProcess]]:
    """Run Home Assistant with the account of a simulator."""
    async with AsyncExitStack() as stack:
        options = ("--speed", str(SPEED), "--balance", str(BALANCE))
        simulator = SimulatorProcess(folder / "simulator.log", *options)
        stack.push_async_callback(simulator.stop)
        home = Home(folder / "home")
        stack.push_async_callback(home.stop)
        await simulator.started()
        await home.start()
        await home.add("elks", *simulator.config_flow())
        yield home, simulator


async def soak(options: Namespace, folder: Path) -> list[str]:
    """Place the calls, print what became of them, and return what is wrong."""
    planned = plan(options)
    async with running(folder) as (home, simulator):
        watch = Watch(home)
        async with (
            ClientSession(simulator.url) as session,
            home.connect() as watched,
            home.connect() as connection,
            asyncio.TaskGroup() as tasks,
        ):
            provider = Provider(session, simulator)
            watching = tasks.create_task(watch.go_on(watched))
            seconds = await place_all(planned, options, connection, provider)
            calls = await settle(watch, provider)
            watching.cancel()
        await home.stop()
        watch.read_record()
    account = Account(calls, watch.ended)
    for action, _ in planned:
        account.enter(action)
    _tell("actions", f"{len(planned)}, {len(planned) / seconds:.1f} a second")
    for fate, count in account.fates.most_common():
        _tell(f"  {fate}", f"{count}, {count / len(planned):.1%}")
    _tell("calls at the provider", str(len(calls)))
    _tell("calls ended here", str(len(watch.ended)))
    told = sum(action.state is not None for action, _ in planned)
    _tell("  told by the action", f"{told}, {told / len(calls):.1%}")
    return [
        *account.wrong,
        *judge_loop(watch.between(0, seconds)),
        *judge_memory(watch, seconds),
        *complaints(home),
    ]


def judge_loop(samples: list[Sample]) -> list[str]:
    """Tell how quickly the event loop answered, and complain if it was too slow."""
    latencies = [sample.latency for sample in samples]
    _tell(
        "event loop answers",
        f"{median(latencies) * 1000:.0f} ms, at most {max(latencies) * 1000:.0f} ms",
    )
    share = (samples[-1].work - samples[0].work) / (samples[-1].at - samples[0].at)
    _tell("processor", f"{share:.0%} of one")
    if max(latencies) > LONGEST_LATENCY:
        return [f"The event loop answered only after {max(latencies):.1f} s"]
    return []


def judge_memory(watch: Watch, seconds: float) -> list[str]:
    """Tell how the memory grew once it was warm, and complain if it went on growing."""
    first = watch.between(WARM_AFTER, WARM_AFTER + WINDOW)
    last = watch.between(max(seconds - WINDOW, WARM_AFTER + WINDOW), seconds)
    if not last:
        _tell("memory", "not judged: too short a time")
        return []
    before = fmean(sample.memory for sample in first)
    after = fmean(sample.memory for sample in last)
    growth = after / before - 1
    _tell(
        "memory",
        f"{before:.0f} MiB after {WARM_AFTER} s, then {after - before:+.1f} MiB, {growth:+.1%}",
    )
    return [f"The memory grew by {growth:.1%}"] if growth > MOST_GROWTH else []


def complaints(home: Home) -> list[str]:
    """Return what Home Assistant has logged of Elks as wrong."""
    return [
        line
        for line in home.output.read_text().splitlines()
        if COMPLAINT.search(line) and NOT_TESTED not in line
    ]


def _tell(what: str, value: str) -> None:
    print(f"{what:<24}{value}", flush=True)


def _memory(pid: int) -> float:
    """Return the MiB that a process has in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _work(pid: int) -> float:
    """Return how long a process has worked."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Run it and say whether everything held."""
    parser = ArgumentParser("scripts/soak", description=__doc__)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--rate", type=int, default=20, help="calls a second")
    parser.add_argument(
        "--seed", type=int, default=46, help="of what goes wrong, and of the dialects"
    )
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        try:
            wrong = asyncio.run(soak(options, Path(folder)))
        except (ClientError, HomeError, ProcessError) as error:
            wrong = [f"The run broke off: {error}"]
    for line in wrong[:MOST_SHOWN]:
        print(f"WRONG: {line}")
    if len(wrong) > MOST_SHOWN:
        print(f"and {len(wrong) - MOST_SHOWN} more")
    print("It does not hold" if wrong else "Everything is accounted for")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
