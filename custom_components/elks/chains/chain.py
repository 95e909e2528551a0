"""A chain: who is called in which order until somebody acknowledges, and where that stands."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from ..calls.dialogue.script import CallScript
from ..const import DEFAULT_RING_TIMEOUT
from ..helpers.stored_values import moment, text
from ..speech import Prompt

ACKNOWLEDGED: Final = "acknowledged"
"""Id of the answer with which somebody acknowledges."""


class ChainState(StrEnum):
    """How a chain stands."""

    CALLING = "calling"
    ACKNOWLEDGED = "acknowledged"
    UNANSWERED = "unanswered"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class ChainEnd(StrEnum):
    """Why a chain ended."""

    ACKNOWLEDGED = "acknowledged"
    UNANSWERED = "unanswered"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    INVALID_AUTH = "invalid_auth"
    """The provider refuses the credentials."""
    NO_CREDIT = "no_credit"
    REFUSED = "refused"
    """The provider refused to call anybody in a whole round."""
    NOT_REACHABLE = "not_reachable"
    """Everybody was called, but the provider could not have reported a key to this home."""

    @property
    def state(self) -> ChainState:
        """How a chain stands that ended so."""
        return ChainState(self) if self in ChainState else ChainState.UNANSWERED


class Fate(StrEnum):
    """What became of somebody's turn."""

    OPEN = "open"
    """The call is to be placed, or has not ended."""
    CALLED = "called"
    """The provider took the call."""
    REFUSED = "refused"
    """The provider refused the call."""
    UNKNOWN = "unknown"
    """Nobody knows whether the provider took the call; it may still turn up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who is called."""

    contact: str | None
    """Id of the contact; None for a number that is nobody's."""
    name: str | None
    number: str
    """E.164."""
    script: CallScript
    """What is said, in a language that this person understands."""
    taken: str = ""
    """What is said when somebody else has acknowledged, whose `{name}` goes into it."""

    @property
    def title(self) -> str:
        """The name, else the number."""
        return self.name or self.number


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """One call to one person, in one round."""

    token: str
    """Secret of the call."""
    person: int
    """Place among the people, from 0."""
    round: int
    """From 1."""
    requested: datetime
    """When the call was last requested, by the provider's clock."""
    fate: Fate = Fate.OPEN


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """People who are called in their order, round after round, until somebody acknowledges."""

    id: str
    started: datetime
    """By the provider's clock."""
    people: tuple[Person, ...]
    from_number: str
    """E.164."""
    timeout: int
    """Seconds that each phone rings."""
    rounds: int
    pause: int
    """Seconds between two rounds."""
    at_once: int = 1
    """How many phones ring at the same time."""
    turns: tuple[Turn, ...] = ()
    """In the order in which they began."""
    end: ChainEnd | None = None
    """None as long as it runs."""
    by: int | None = None
    """Who acknowledged: the place among the people."""

    @property
    def state(self) -> ChainState:
        """How it stands."""
        return self.end.state if self.end else ChainState.CALLING

    @property
    def open_turns(self) -> tuple[Turn, ...]:
        """The turns that have not ended."""
        return tuple(turn for turn in self.turns if turn.fate is Fate.OPEN)

    @property
    def prompts(self) -> list[Prompt]:
        """All that may be played."""
        return [prompt for one in self.people for prompt in one.script.prompts]

    @property
    def first_people(self) -> range:
        """The places of those whose phones ring first in a round."""
        return range(len(self.people))[: self.at_once]

    def following(self, calling: int) -> tuple[int, range] | ChainEnd:
        """Return the round, and the people whose turns are next; or how the chain ends without.

        `calling` is how many turns are on their way: nobody is next until enough of these have
        ended. A round in which the provider took no call for certain does not count.
        """
        first = self.first_people
        if not self.turns:
            return 1, first
        last = self.turns[-1]
        rest = range(last.person + 1, len(self.people))
        if rest or calling:
            return last.round, rest[: max(0, self.at_once - calling)]
        fates = {turn.fate for turn in self.turns[-len(self.people) :]}
        if fates == {Fate.REFUSED}:
            return ChainEnd.REFUSED
        if Fate.CALLED not in fates:
            return last.round, first
        if last.round == self.rounds:
            return ChainEnd.UNANSWERED
        return last.round + 1, first

    def closing(self, turn: Turn, by: Turn) -> Prompt:
        """Return what somebody hears at the end of their call when another one has acknowledged."""
        person, name = self.people[turn.person], self.people[by.person].name
        said = person.script.message
        text = person.taken.format(name=name) if name else ""
        return Prompt(text=text, voice=said.voice, nonce=said.nonce)

    def with_turns(self, *turns: Turn) -> Self:
        """Return the chain with turns that are new or have changed."""
        known = {turn.token: turn for turn in (*self.turns, *turns)}
        return replace(self, turns=tuple(known.values()))

    def with_fate(self, token: str, fate: Fate) -> Self:
        """Return the chain with what became of a turn."""
        changed = [replace(one, fate=fate) for one in self.turns if one.token == token]
        return self.with_turns(*changed)

    def as_dict(self) -> dict[str, object]:
        """Return the chain as JSON data; what was said in one that has ended is left out."""
        runs = self.end is None
        return {
            **asdict(replace(self, people=())),
            "people": [
                {
                    "contact": one.contact,
                    "name": one.name,
                    "number": one.number,
                    "script": one.script.as_dict(with_prompts=runs),
                    "taken": one.taken,
                }
                for one in self.people
            ],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what as_dict returned, in this version, an older or a newer one.

        What is not known is left out; what a newer version no longer writes gets a default.
        Raises AttributeError, LookupError, TypeError or ValueError for what cannot be read.
        """
        chain = cls(
            id=text(data["id"]),
            started=moment(data["started"]),
            people=tuple(map(_person, data["people"])),
            from_number=text(data["from_number"]),
            timeout=int(data.get("timeout", DEFAULT_RING_TIMEOUT)),
            rounds=int(data.get("rounds", 1)),
            pause=int(data.get("pause", 0)),
            at_once=int(data.get("at_once", 1)),
            turns=tuple(map(_turn, data.get("turns", ()))),
            end=_end(data.get("end")),
            by=data.get("by"),
        )
        places = range(len(chain.people))
        named = [turn.person for turn in chain.turns]
        named += [] if chain.by is None else [chain.by]
        if not places or any(person not in places for person in named):
            raise ValueError("a turn of nobody")
        return chain


def _person(data: Mapping[str, Any]) -> Person:
    return Person(
        contact=data.get("contact"),
        name=data.get("name"),
        number=text(data["number"]),
        script=CallScript.from_dict(data["script"]),
        taken=text(data.get("taken", "")),
    )


def _turn(data: Mapping[str, Any]) -> Turn:
    return Turn(
        token=text(data["token"]),
        person=int(data["person"]),
        round=int(data["round"]),
        requested=moment(data["requested"]),
        fate=_fate(data["fate"]),
    )


def _end(value: str | None) -> ChainEnd | None:
    """Return how a chain ended; in a way that only a newer version knows, nobody is called again."""
    if value is None:
        return None
    return ChainEnd(value) if value in ChainEnd else ChainEnd.UNANSWERED


def _fate(value: str) -> Fate:
    """Return what became of a turn; what only a newer version knows may have been a call."""
    return Fate(value) if value in Fate else Fate.UNKNOWN
