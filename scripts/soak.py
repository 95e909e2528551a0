"""Calls every second while everything goes wrong, and an audit of each of them."""

from argparse import ArgumentParser, Namespace
import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
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

from .connection import Connection, HomeError
from .home_process import HomeProcess, running_home
from .process import ProcessError
from .simulator_process import SimulatorControl, SimulatorProcess, running_simulator

SPEED = 5
BALANCE = 10**10
FIRST_NUMBER = 46_700_000_000
CALL = {"voice_start": {"play": "sound/dtmf/4P6P3P5P5P7P"}, "timeout": 10}
PLACE = {"on": "POST /calls"}
HANGUP = {"on": "whenhangup"}
OUTCOMES = ("answer", "answer", "answer", "decline", "busy", "no_answer", "unreachable")
FAULTS: dict[str, dict[str, Any]] = {
    # The request has no effect
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
    # The request places a call, but its answer is of no use
    "reset after": {**PLACE, "kind": "reset_after"},
    "failed after": {**PLACE, "kind": "status_after", "status": 502},
    "HTML": {**PLACE, "kind": "html"},
    "cut short": {**PLACE, "kind": "truncated"},
    "wrong JSON": {**PLACE, "kind": "wrong_json"},
    "huge": {**PLACE, "kind": "huge"},
    "silence": {**PLACE, "kind": "stall"},
    # The answer to the request comes late
    "late": {**PLACE, "kind": "delay", "delay": 10},
    "ended before": {**PLACE, "kind": "callback_early"},
    # The callback
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

SAMPLE_INTERVAL = 0.5
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
class Attempt:
    """One use of the action, with a number that nobody else calls."""

    number: str
    fault: str | None
    wait: bool
    call_id: str | None = None
    state: str | None = None
    """How the call ended, if the action reported it."""
    error: str | None = None
    seconds: float = 0

    @property
    def unknown(self) -> bool:
        """Whether it failed with an error that leaves open whether the phone rings."""
        return self.error is not None and self.error.startswith("It is unknown")


class FaultyProvider:
    """The simulator: faults go in through its control API, calls come from its history."""

    def __init__(self, session: ClientSession, simulator: SimulatorProcess) -> None:
        """Use the simulator's account."""
        account = simulator.config_flow()[0]
        authorization = encode_basic_auth(account["username"], account["password"])
        self._headers = {"Authorization": authorization}
        self._calls_url = f"{account['advanced']['url']}/calls"
        self._session = session
        self._control = SimulatorControl(session)

    async def prepare(self, attempt: Attempt, outcome: str) -> None:
        """Set what the person does and what goes wrong in a call."""
        await self._control.script(attempt.number, outcome=outcome)
        if attempt.fault:
            fault = FAULTS[attempt.fault]
            await self._control.post("faults", number=attempt.number, **fault)

    async def change_dialect(self, seed: str) -> None:
        """Switch to a random dialect."""
        await self._control.post("dialect", seed=seed)

    async def calls(self) -> list[dict[str, Any]]:
        """Return all calls in the history."""
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


@dataclass(frozen=True)
class Sample:
    """Home Assistant's process at one point in time."""

    at: float
    """Seconds since the start of the run."""
    latency: float
    """Seconds that the event loop took to answer."""
    memory: float
    """MiB."""
    work: float
    """Seconds of processor time since the process was started."""


class Monitor:
    """Watches Home Assistant's process over time."""

    def __init__(self, home: HomeProcess) -> None:
        """Start now."""
        self._home = home
        self._begin = time.monotonic()
        self._samples: list[Sample] = []
        self.ended: set[str] = set()
        """Ids of the calls with an end that has been stored."""

    async def run(self, connection: Connection) -> None:
        """Take samples until cancelled."""
        while True:
            began = time.monotonic()
            await connection.command("auth/current_user")
            self._samples.append(
                Sample(
                    at=began - self._begin,
                    latency=time.monotonic() - began,
                    memory=_memory(self._home.pid),
                    work=_work(self._home.pid),
                )
            )
            self.read_storage()
            await asyncio.sleep(SAMPLE_INTERVAL)

    def read_storage(self) -> None:
        """Note which calls have ended, according to what Home Assistant has stored."""
        for file in (self._home.folder / ".storage").glob("elks.*"):
            self.ended.update(json.loads(file.read_text())["data"]["ended_ids"])

    def between(self, begin: float, end: float) -> list[Sample]:
        """Return the samples between two times, in seconds since the start."""
        return [sample for sample in self._samples if begin <= sample.at < end]


class Audit:
    """What became of every attempt, and what does not add up."""

    def __init__(self, calls: list[dict[str, Any]], ended: set[str]) -> None:
        """Compare with the provider's calls, and with those that ended in Home Assistant."""
        self.fates: Counter[str] = Counter()
        self.wrong: list[str] = []
        self._calls: dict[str, list[dict[str, Any]]] = {}
        for call in calls:
            self._calls.setdefault(call["to"], []).append(call)
        for call_id in ended ^ {call["id"] for call in calls}:
            self.wrong.append(f"Known on one side only: {call_id}")

    def add(self, attempt: Attempt) -> None:
        """Check an attempt that is over."""
        calls = self._calls.get(attempt.number, [])
        self.fates[_fate(attempt, called=bool(calls))] += 1
        if flaw := _flaw(attempt, calls):
            self.wrong.append(f"{flaw}: {attempt}, at the provider {calls}")


def _fate(attempt: Attempt, *, called: bool) -> str:
    if attempt.call_id:
        return "adopted" if attempt.fault in UNREADABLE else "placed"
    if not attempt.unknown:
        return "refused"
    return "adopted late" if called else "unknown, no call"


def _flaw(attempt: Attempt, calls: list[dict[str, Any]]) -> str | None:
    """Return what is wrong with an attempt and the calls to its number, if anything."""
    if len(calls) > 1:
        return "Placed twice"
    if attempt.call_id not in (None, *(call["id"] for call in calls)):
        return "A different call"
    if attempt.error and not attempt.unknown and calls:
        return "Placed, although the action said it was not"
    if attempt.state not in (None, *(call["state"] for call in calls)):
        return "Ended differently"
    return None


def plan(options: Namespace) -> list[tuple[Attempt, str]]:
    """Return all attempts, each with what the person does."""
    chance = random.Random(options.seed)
    return [
        (
            Attempt(
                number=f"+{FIRST_NUMBER + count}",
                fault=chance.choice(list(FAULTS)) if chance.random() < FAULTY else None,
                wait=chance.random() < 0.5,
            ),
            chance.choice(OUTCOMES),
        )
        for count in range(options.rate * options.seconds)
    ]


async def perform(
    attempt: Attempt, outcome: str, connection: Connection, provider: FaultyProvider
) -> None:
    """Place a call and note what the action returns."""
    await provider.prepare(attempt, outcome)
    data = {**CALL, "to": attempt.number, "wait": attempt.wait}
    began = time.monotonic()
    try:
        call = await connection.act("elks.place_call", data, return_response=True)
    except (HomeError, TimeoutError) as error:
        attempt.error = str(error) or "no answer"
    else:
        attempt.call_id = call["call_id"]
        attempt.state = call["state"] if attempt.wait else None
    attempt.seconds = time.monotonic() - began


async def place_all(
    planned: list[tuple[Attempt, str]],
    options: Namespace,
    connection: Connection,
    provider: FaultyProvider,
) -> float:
    """Place the calls at a steady rate, in a new dialect each second; return the seconds taken."""
    begin = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        for count, (attempt, outcome) in enumerate(planned):
            await asyncio.sleep(begin + count / options.rate - time.monotonic())
            if count % options.rate == 0:
                await provider.change_dialect(f"{options.seed}-{count}")
            tasks.create_task(perform(attempt, outcome, connection, provider))
        return time.monotonic() - begin


async def settle(monitor: Monitor, provider: FaultyProvider) -> list[dict[str, Any]]:
    """Wait until all calls have ended in Home Assistant, or too long; return the provider's."""
    calls = await provider.calls()
    ids = {call["id"] for call in calls}
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_SECONDS):
            while not ids <= monitor.ended:
                await asyncio.sleep(SAMPLE_INTERVAL)
    return await provider.calls()


@asynccontextmanager
async def running(folder: Path) -> AsyncGenerator[tuple[HomeProcess, SimulatorProcess]]:
    """Run Home Assistant with a simulator's account."""
    options = ("--speed", str(SPEED), "--balance", str(BALANCE))
    async with (
        running_simulator(folder / "simulator.log", *options) as simulator,
        running_home(folder / "home") as home,
    ):
        await home.add("elks", *simulator.config_flow())
        yield home, simulator


async def soak(options: Namespace, folder: Path) -> list[str]:
    """Place the calls, print what became of them, and return everything that is wrong."""
    planned = plan(options)
    async with running(folder) as (home, simulator):
        monitor = Monitor(home)
        async with (
            ClientSession(simulator.url) as session,
            home.connect() as monitored,
            home.connect() as connection,
            asyncio.TaskGroup() as tasks,
        ):
            provider = FaultyProvider(session, simulator)
            monitoring = tasks.create_task(monitor.run(monitored))
            seconds = await place_all(planned, options, connection, provider)
            calls = await settle(monitor, provider)
            monitoring.cancel()
        await home.stop()
        monitor.read_storage()
    audit = Audit(calls, monitor.ended)
    for attempt, _ in planned:
        audit.add(attempt)
    _report("actions", f"{len(planned)}, {len(planned) / seconds:.1f} a second")
    for fate, count in audit.fates.most_common():
        _report(f"  {fate}", f"{count}, {count / len(planned):.1%}")
    _report("calls at the provider", str(len(calls)))
    _report("calls ended here", str(len(monitor.ended)))
    reported = sum(attempt.state is not None for attempt, _ in planned)
    _report("  reported by the action", f"{reported}, {reported / len(calls):.1%}")
    return [
        *audit.wrong,
        *judge_loop(monitor.between(0, seconds)),
        *judge_memory(monitor, seconds),
        *complaints(home),
    ]


def judge_loop(samples: list[Sample]) -> list[str]:
    """Report how quickly the event loop answered; return a complaint if it was too slow."""
    latencies = [sample.latency for sample in samples]
    _report(
        "event loop answers in",
        f"{median(latencies) * 1000:.0f} ms, at most {max(latencies) * 1000:.0f} ms",
    )
    share = (samples[-1].work - samples[0].work) / (samples[-1].at - samples[0].at)
    _report("processor", f"{share:.0%} of one")
    if max(latencies) > LONGEST_LATENCY:
        return [f"The event loop took {max(latencies):.1f} s to answer"]
    return []


def judge_memory(monitor: Monitor, seconds: float) -> list[str]:
    """Report how memory grew after the warm-up; return a complaint if it grew too much."""
    first = monitor.between(WARM_AFTER, WARM_AFTER + WINDOW)
    last = monitor.between(max(seconds - WINDOW, WARM_AFTER + WINDOW), seconds)
    if not last:
        _report("memory", "not judged: the run is too short")
        return []
    before = fmean(sample.memory for sample in first)
    after = fmean(sample.memory for sample in last)
    growth = after / before - 1
    _report(
        "memory",
        f"{before:.0f} MiB after {WARM_AFTER} s, then {after - before:+.1f} MiB, {growth:+.1%}",
    )
    return [f"Memory grew by {growth:.1%}"] if growth > MOST_GROWTH else []


def complaints(home: HomeProcess) -> list[str]:
    """Return the warnings and errors that Home Assistant has logged about Elks."""
    return [
        line
        for line in home.output.read_text().splitlines()
        if COMPLAINT.search(line) and NOT_TESTED not in line
    ]


def _report(what: str, value: str) -> None:
    print(f"{what:<26}{value}", flush=True)


def _memory(pid: int) -> float:
    """Return how much memory a process occupies, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def _work(pid: int) -> float:
    """Return how much processor time a process has used, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Run it; return 1 if anything is wrong."""
    parser = ArgumentParser("scripts/soak", description=__doc__)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--rate", type=int, default=20, help="calls per second")
    parser.add_argument(
        "--seed", type=int, default=46, help="for the faults and the dialects"
    )
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        try:
            wrong = asyncio.run(soak(options, Path(folder)))
        except (ClientError, HomeError, ProcessError) as error:
            wrong = [f"The run was aborted: {error}"]
    for line in wrong[:MOST_SHOWN]:
        print(f"WRONG: {line}")
    if len(wrong) > MOST_SHOWN:
        print(f"and {len(wrong) - MOST_SHOWN} more")
    print("Something is wrong" if wrong else "Every call is accounted for")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
