"""Calls with a 46elks that uses every choice its documentation leaves open."""

from collections.abc import Callable, Coroutine
from typing import Any

from simulator import Dialect, Fault, FaultKind, KeyPress, Outcome
from tests.elks.conftest import PHONE, PLAY

from .row import LOST, PLACE, POLLED, Row
from .scene import Scene

_FIRST_ACTION_DROPPED = Fault(FaultKind.CALLBACK_DROPPED, on="newoutgoing")
_ANSWERS = [{"key": "1", "id": "close", "reply": "It closes."}]

_NOT_ANSWERED = ("failed_call", "declined", "not_answered", "fails_at_once")

type _Part = Callable[[Scene], Coroutine[Any, Any, object]]


async def _ask_for_keys(scene: Scene) -> None:
    """Ask for a key and get it; then play a sound that a key skips; then wait in vain."""
    await _press(scene, "1")
    await _speak(scene, keys=[KeyPress(0.5, "2")])
    scene.provider.phone(PHONE, talk_for=None)
    response = await scene.act(message="Press 1", answers=_ANSWERS, wait=True)
    assert (response["answered"], response["digits"]) == (True, None)


async def _press(scene: Scene, key: str) -> None:
    scene.provider.phone(PHONE, talk_for=None, keys=[KeyPress(1, key)])
    response = await scene.act(message="Press 1", answers=_ANSWERS, wait=True)
    result = (response["answered"], response["digits"], response["answer"])
    assert result == (True, key, "close")


async def _speak(scene: Scene, keys: list[KeyPress]) -> None:
    scene.provider.phone(PHONE, talk_for=None, keys=keys)
    response = await scene.act(message="Water in the kitchen", wait=True)
    assert response["answered"] is True


async def _wait_for_end(scene: Scene) -> None:
    """Place a call with sounds that nobody has to fetch, and wait for its end."""
    scene.provider.phone(PHONE, keys=[KeyPress(0.5, "1")], talk_for=None)
    response = await scene.act(voice_start=PLAY, wait=True)
    assert response["answered"] is True


async def _not_answered(scene: Scene) -> None:
    """Call somebody who declines, who does not answer, and who cannot be reached."""
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
    """Lose the callback for the first action, which may be sent again."""
    scene.faults(_FIRST_ACTION_DROPPED)
    scene.provider.phone(PHONE, talk_for=None)
    await scene.act(message="Water in the kitchen", wait=True)


def _ends(names: tuple[str, ...]) -> list[str]:
    """Return how calls end that are declined, not answered, or cannot be connected."""
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
    """Return a row that repeats its part in each dialect that differs in one of the fields."""
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
        "Times in answers and callbacks have other formats or are unreadable, and calls are answered before they are placed",
        *("answer_times", "callback_times", "start_before_created"),
        part=_wait_for_end,
    ),
    _row(
        "history-times",
        "Times in the history have other formats; no callback comes",
        "history_times",
        part=_wait_for_end,
        faults=(LOST,),
        within=POLLED,
    ),
    _row(
        "history-fields",
        "The history has no actions, owner or ringing time, or strings instead of numbers; no callback comes",
        *("includes_actions", "includes_timeout", "includes_owner"),
        *("plain_actions", "numbers_as_text"),
        part=_wait_for_end,
        faults=(LOST,),
        within=POLLED,
    ),
    _row(
        "history-adopted",
        "The history differs as above, no request gets an answer, and new calls are listed late",
        *("history_times", "includes_timeout", "numbers_as_text", "listed_after"),
        part=_wait_for_end,
        faults=(Fault(FaultKind.RESET_AFTER, on=PLACE, times=None),),
    ),
    _row(
        "hangup",
        "The hangup callback has the id as `callid`, few other fields, or another encoding",
        *("hangup_fields", "hangup_id", "charset", "plain_actions"),
        part=_wait_for_end,
    ),
    _row(
        "pick-up",
        "The callback for the first action has another result or none, the id as `id`, or no other fields",
        *("picked_up", "next_id", "bare_next"),
        part=_ask_for_keys,
        outcomes=("success", "success", "success"),
        spoken="message",
    ),
    _row(
        "results",
        "Sounds and questions have other results",
        *("played", "reports_skipping_key", "reports_why"),
        part=_ask_for_keys,
        outcomes=("success", "success", "success"),
        spoken="message",
    ),
    _row(
        "no-action",
        "The callback for the first action is lost, and the call ends or sends it again",
        "retries_next",
        part=_no_action,
        spoken="message",
    ),
    _row(
        "not-answered",
        "Calls that nobody answers end with other states, have other fields, or fail only after the answer",
        *_NOT_ANSWERED,
        part=_not_answered,
        calls=3 * len([*Dialect().others(*_NOT_ANSWERED)]),
        outcome=", ".join(_ends(_NOT_ANSWERED)),
        state="failed",
    ),
    _row(
        "refused",
        "403, 400 or 404, as JSON or text: the number to call from belongs to somebody else",
        *("refused_status", "json_errors", "foreign_number"),
        part=_number_of_another,
        calls=0,
        outcomes=("refused",),
        state="unknown",
    ),
    _row(
        "credits",
        "Refusals for lack of money, worded differently",
        *("no_credits", "json_errors"),
        part=_no_credits,
        calls=0,
        outcomes=("no_credit",),
        state="unknown",
    ),
)
