"""The secret of one call."""

import pytest

from custom_components.elks.calls import new_token
from custom_components.elks.calls.token import is_of_line, is_ours, token_of

KEY = "a key that nobody guesses"


def test_ours() -> None:
    """A token is known as ours by the key alone."""
    assert is_ours(new_token(KEY), KEY)


def test_each_is_new() -> None:
    """No two calls have the same secret."""
    assert len({new_token(KEY) for _ in range(100)}) == 100


def test_safe_in_a_query() -> None:
    """A token comes back unchanged from a query string, past every security filter."""
    tokens = "".join(new_token(KEY) for _ in range(100))

    assert tokens.isascii()
    assert tokens.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("key", ["another key", KEY + " ", "", 200 * "k"])
def test_of_another_account(key: str) -> None:
    """A token of another account is not ours."""
    assert not is_ours(new_token(key), KEY)
    assert is_ours(new_token(key), key)


def test_every_character_counts() -> None:
    """A token with any character changed, left out or added is not ours."""
    token = new_token(KEY)
    for at in range(len(token)):
        other = "B" if token[at] == "A" else "A"
        assert not is_ours(token[:at] + other + token[at + 1 :], KEY)
        assert not is_ours(token[:at] + token[at + 1 :], KEY)
    assert not is_ours(token + "A", KEY)


@pytest.mark.parametrize("token", ["", "A", "å", 24 * "A", "\x00", 100_000 * "A"])
def test_rubbish(token: str) -> None:
    """Any text can come as a token."""
    assert not is_ours(token, KEY)


def test_of_a_call_to_a_line() -> None:
    """It is the same however often the call is reported, and ours; of another call, another one."""
    token = token_of("c1", KEY)

    assert token == token_of("c1", KEY)
    assert is_ours(token, KEY)
    assert is_of_line(token, "c1", KEY)
    assert not is_of_line(token, "c2", KEY)
    assert not is_of_line(token, "c1", "another key")
    assert not is_of_line(new_token(KEY), "c1", KEY)
    assert not is_ours(token_of("c1", "another key"), KEY)
