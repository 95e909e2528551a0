"""The home answers: who is let in, what a caller hears and chooses, and what is done then.

`lines` takes in that somebody rings and what they press; `door` decides who is let in, `talks` what
comes next, `steps` asks automations for it, `prompts` has ready what is said, `actions` runs what
was chosen, `number` has calls come here.
"""

from .lines import Lines
from .say import Decision, Say, going_on
from .steps import (
    CallOverError,
    CallStep,
    NotAskedError,
    PickedUpError,
    StepRunningError,
)
from .store import AnsweringChange, LineStore

__all__ = [
    "AnsweringChange",
    "CallOverError",
    "CallStep",
    "Decision",
    "LineStore",
    "Lines",
    "NotAskedError",
    "PickedUpError",
    "Say",
    "StepRunningError",
    "going_on",
]
