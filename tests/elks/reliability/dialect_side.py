"""What 46elks says in another way than usual, where its sources differ or are silent."""

from collections.abc import Callable, Coroutine
from typing import Any

from simulator import Dialect, Fault, FaultKind, KeyPress, Outcome
from tests.elks.conftest import PHONE, PLAY

from .row import LOST, PLACE, POLLED, Row
from .scene import Scene

_QUESTION_DROPPED = Fault(FaultKind.CALLBACK_DROPPED, on="newoutgoing")
_ANSWERS = [{"key": "1", "id": "close", "reply": "It closes."}]

_NOT_ANSWERED = ("failed_call", "declined", "not_answered", "fails_at_once")

type _Part = Callable[[Scene], Coroutine[Any, Any, object]]


async def _asked(scene: Scene) -> None:
    """Ask for a key, and get it; then play a sound that a key skips, and wait in vain."""
    await _pressed(scene, "1")
    await _spoken(scene, keys=[KeyPress(0.5, "2")])
    scene.provider.phone(PHONE, talk_for=None)
    response = await scene.act(message="Press 1", answers=_ANSWERS, wait=True)
    assert (response["answered"], response["digits"]) == (True, None)


async def _pressed(scene: Scene, key: str) -> None:
    scene.provider.phone(PHONE, talk_for=None, keys=[KeyPress(1, key)])
    response = await scene.act(message="Press 1", answers=_ANSWERS, wait=True)
    told = (response["answered"], response["digits"], response["answer"])
    assert told == (True, key, "close")


async def _spoken(scene: Scene, keys: list[KeyPress]) -> None:
    scene.provider.phone(PHONE, talk_for=None, keys=keys)
    response = await scene.act(message="Water in the kitchen", wait=True)
    assert response["answered"] is True


async def _waited_for(scene: Scene) -> None:
    """Place a call whose sounds nobody has to fetch."""
    scene.provider.phone(PHONE, keys=[KeyPress(0.5, "1")], talk_for=None)
    response = await scene.act(voice_start=PLAY, wait=True)
    assert response["answered"] is True


async def _not_answered(scene: Scene) -> None:
    """Phone somebody who declines, who does not answer, and who cannot be reached."""
    for outcome in (Outcome.DECLINE, Outcome.NO_ANSWER, Outcome.UNREACHABLE):
        scene.provider.phone(PHONE, outcome=outcome)
        response = await scene.act(voice_start=PLAY, wait=True)
        true = scene.provider.calls[-1]
        assert (response["state"], response["answered"]) == (str(true.state), False)


async def _number_of_another(scene: Scene) -> None:
    await scene.place_call(**{"from": "+46701999999"})


async def _no_credits(scene: Scene) -> None:
    scene.provider.account.balance = 0
    await scene.place_call()


async def _no_action(scene: Scene) -> None:
    """Lose the question for the first action, which may be asked again."""
    scene.faults(_QUESTION_DROPPED)
    scene.provider.phone(PHONE, talk_for=None)
    await scene.act(message="Water in the kitchen", wait=True)


def _ends(names: tuple[str, ...]) -> list[str]:
    """Return how calls end that were declined, not answered, and could not be placed."""
    return [
        str(state)
        for _, dialect in Dialect().others(*names)
        for state in (dialect.declined, dialect.not_answered, "failed")
    ]


def _row(
    name: str,
    goes_wrong: str,
    *fields: str,
    part: _Part,
    outcomes: tuple[str, ...] = ("success",),
    **more: Any,
) -> Row:
    """Return a row that plays the same in every dialect that differs in one of these fields."""
    dialects = [dialect for _, dialect in Dialect().others(*fields)]

    async def story(scene: Scene) -> None:
        for dialect in dialects:
            scene.provider.dialect = dialect
            await part(scene)

    expected: dict[str, Any] = {
        "calls": len(outcomes) * len(dialects),
        "outcome": ", ".join(outcomes * len(dialects)),
    }
    return Row(
        name=name,
        goes_wrong=goes_wrong,
        story=story,
        dialect=Dialect(),
        **{**expected, **more},
    )


ROWS = (
    _row(
        "times",
        "Answers and callbacks write times in other ways, or unreadably, and a call is picked up before it was placed",
        *("answer_times", "callback_times", "start_before_created"),
        part=_waited_for,
    ),
    _row(
        "history-times",
        "The history writes times in other ways, and no callback comes",
        "history_times",
        part=_waited_for,
        faults=(LOST,),
        within=POLLED,
    ),
    _row(
        "history-fields",
        "The history lacks the actions, the owner or the time to ring, or has texts for numbers, and no callback comes",
        *("includes_actions", "includes_timeout", "includes_owner"),
        *("plain_actions", "numbers_as_text"),
        part=_waited_for,
        faults=(LOST,),
        within=POLLED,
    ),
    _row(
        "history-adopted",
        "The same, and no call is answered, nor found at once",
        *("history_times", "includes_timeout", "numbers_as_text", "listed_after"),
        part=_waited_for,
        faults=(Fault(FaultKind.RESET_AFTER, on=PLACE, times=None),),
    ),
    _row(
        "hangup",
        "The callback for the end names its id `callid`, has little else, or comes in another encoding",
        *("hangup_fields", "hangup_id", "charset", "plain_actions"),
        part=_waited_for,
    ),
    _row(
        "pick-up",
        "Who picks up is told by another word, or by none; the id is called `id`, and other fields are missing",
        *("picked_up", "next_id", "bare_next"),
        part=_asked,
        outcomes=("success", "success", "success"),
    ),
    _row(
        "results",
        "Sounds and questions have other results",
        *("played", "reports_skipping_key", "reports_why"),
        part=_asked,
        outcomes=("success", "success", "success"),
    ),
    _row(
        "no-action",
        "The home does not hear that somebody picked up, and the call ends, or asks again",
        "retries_next",
        part=_no_action,
    ),
    _row(
        "not-answered",
        "Calls that nobody answers end by other words, are told of with other fields, or fail only after the answer",
        *_NOT_ANSWERED,
        part=_not_answered,
        calls=3 * len([*Dialect().others(*_NOT_ANSWERED)]),
        outcome=", ".join(_ends(_NOT_ANSWERED)),
        state="failed",
    ),
    _row(
        "refused",
        "403, 400 or 404, as JSON or text: the number to call from is somebody else's",
        *("refused_status", "json_errors", "foreign_number"),
        part=_number_of_another,
        calls=0,
        outcomes=("refused",),
        state="unknown",
    ),
    _row(
        "credits",
        "The account is empty, in other words",
        *("no_credits", "json_errors"),
        part=_no_credits,
        calls=0,
        outcomes=("no_credit",),
        state="unknown",
    ),
)
