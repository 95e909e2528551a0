"""The first call of an account: a test that needs no address of this home."""

from ..api import (
    THREE_BEEPS,
    CallRequest,
    CallState,
    ElksClient,
    ElksError,
    OutcomeUnknownError,
    UnreachableError,
)
from ..const import DEFAULT_RING_TIMEOUT

TEST_CALL = "test_call"
"""Field of the form that asks whether to place it."""


async def async_place_test_call(
    client: ElksClient, from_number: str, to_number: str, errors: dict[str, str]
) -> str:
    """Have a phone ring and beep. Both numbers are in E.164.

    If it does not ring, write why into errors, and return 46elks' reason if there is one.
    """
    request = CallRequest(
        from_number=from_number,
        to_number=to_number,
        voice_start=THREE_BEEPS,
        report_url=None,
        timeout=DEFAULT_RING_TIMEOUT,
    )
    try:
        call = await client.place_call(request)
    except ElksError as err:
        if isinstance(err, OutcomeUnknownError):
            errors[TEST_CALL] = "call_unknown"
        elif isinstance(err, UnreachableError):
            errors[TEST_CALL] = "call_not_taken"
        else:
            errors[TEST_CALL] = "call_refused"
        return str(err)
    if call.state is CallState.BUSY:
        errors[TEST_CALL] = "call_busy"
    elif call.state is CallState.FAILED:
        errors[TEST_CALL] = "call_failed"
    return ""
