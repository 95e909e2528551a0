"""A home whose chains run, for the tests of chains."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import override

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks.api import Call, CallRequest, CallState
from custom_components.elks.calls import Answer, CallPlan, CallScript, CallTracker
from custom_components.elks.chains import (
    ACKNOWLEDGED,
    Chain,
    ChainRun,
    Chains,
    Person,
    Turn,
)
from custom_components.elks.helpers.listeners import Listeners
from custom_components.elks.speech import Prompt
from homeassistant.core import HomeAssistant
from homeassistant.util.ulid import ulid_now

from ..calls.conftest import OUR_NUMBER, CallsHome, Carrier, Clock, Disk, running, turns

ANNA, BO, CILLA = "+46701111111", "+46702222222", "+46703333333"
SCRIPT = CallScript(
    message=Prompt(text="Water in the kitchen"),
    repeat=2,
    digits=1,
    language="en",
    answers=(Answer(key="1", id=ACKNOWLEDGED, reply=None),),
    any_digit=True,
)

SILENT = replace(SCRIPT, message=Prompt())


def plan_turn(chain: Chain, turn: Turn) -> CallPlan:
    """Return the call of somebody's turn, as a home with an address plans it."""
    person = chain.people[turn.person]
    url = f"http://home.example/?token={turn.token}"
    return CallPlan(
        token=turn.token,
        request=CallRequest(
            from_number=chain.from_number,
            to_number=person.number,
            voice_start=url,
            report_url=url,
            timeout=chain.timeout,
        ),
        script=person.script,
        chain=chain.id,
        reported=True,
    )


def without_words(chain: Chain) -> Chain:
    """Return a chain without what is said: of one that has ended, that is not kept."""
    return replace(
        chain, people=tuple(replace(one, script=SILENT) for one in chain.people)
    )


@dataclass
class ChainsHome(CallsHome):
    """A home whose chains run, and that can be stopped, killed and started again."""

    reachable: bool = True
    unplannable: set[str] = field(default_factory=set)
    """Whose calls fail to be planned, as nobody expected."""
    chains: Chains = field(init=False)

    @override
    async def start(self) -> None:
        """Begin, or go on with what is written."""
        self.listeners = Listeners(self.hass)
        self.tracker = CallTracker(
            self.hass, self.account, self.carrier, self.listeners
        )
        self.chains = Chains(
            self.hass, self.account, self.tracker, self._plan, self.listeners
        )
        await self.chains.async_load()
        await self.tracker.async_load()
        self.tracker.lookout.async_start()
        self.chains.async_resume()
        await turns()

    @override
    async def stop(self) -> None:
        """Unload the account."""
        await self.chains.async_unload()
        await super().stop()

    async def begin(
        self, *numbers: str, rounds: int = 1, pause: int = 30, at_once: int = 1
    ) -> ChainRun:
        """Begin a chain."""
        people = tuple(
            Person(contact=None, name=None, number=number, script=SCRIPT)
            for number in numbers
        )
        chain = Chain(
            id=ulid_now(),
            started=self.tracker.now(),
            people=people,
            from_number=OUR_NUMBER,
            timeout=60,
            rounds=rounds,
            pause=pause,
            at_once=at_once,
        )
        run = await self.chains.async_begin(chain)
        await turns()
        return run

    @property
    def called(self) -> list[str]:
        """Whom the provider was asked to call, in this order."""
        return [request.to_number for request in self.carrier.requests]

    @property
    def placed(self) -> list[str]:
        """Whom the provider called, in this order."""
        return [str(call.to_number) for call in self.carrier.history.values()]

    @property
    def last(self) -> Chain:
        """The chain begun last."""
        assert self.chains.last is not None
        return self.chains.last

    def call_to(self, number: str) -> Call:
        """Return the newest call to somebody."""
        calls = self.carrier.history.values()
        return [call for call in calls if call.to_number == number][-1]

    def token_of(self, number: str) -> str:
        """Return the secret of somebody's newest turn."""
        chain = self.last
        return [
            turn.token
            for turn in chain.turns
            if chain.people[turn.person].number == number
        ][-1]

    async def ends(self, number: str, state: CallState = CallState.BUSY) -> None:
        """Let somebody's call end, and the provider tell of it."""
        call = self.carrier.ends(self.call_to(number), state=state)
        self.tracker.reports.async_end(self.token_of(number), call)
        await turns()

    async def presses(self, number: str, key: str | None = "1") -> None:
        """Let somebody pick up, and press a key."""
        token, call = self.token_of(number), self.call_to(number)
        self.tracker.reports.async_question(token, call.id, 0, None)
        if key:
            self.tracker.reports.async_question(token, call.id, 1, key)
        await turns()

    def _plan(self, chain: Chain, turn: Turn) -> CallPlan:
        plan = plan_turn(chain, turn)
        if (number := plan.request.to_number) in self.unplannable:
            raise RuntimeError(f"something about {number}")
        return plan if self.reachable else replace(plan, reported=False, script=None)


@pytest.fixture
async def house(
    hass: HomeAssistant,
    account: MockConfigEntry,
    carrier: Carrier,
    disk: Disk,
    clock: Clock,
) -> AsyncIterator[ChainsHome]:
    """Return a home with chains that has just started."""
    async with running(ChainsHome(hass, account, carrier, disk)) as house:
        yield house
