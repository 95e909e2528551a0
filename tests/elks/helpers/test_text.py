"""Texts as people, templates and YAML write them."""

import pytest
import voluptuous as vol

from custom_components.elks.helpers.text import compose, read_text, shorten, trim


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("  Water is leaking\n", "Water is leaking"),
        ("\ufeff\u200b+46 70\u00ad", "+46 70"),
        ("two  words", "two  words"),
        (7, "7"),
        ("e\u0301", "é"),
        ("\ud83d\udea8", "🚨"),
        ("half \ud83d", "half �"),
        (" ", ""),
    ],
)
def test_read(written: object, read: str) -> None:
    """What nobody sees is taken away at both ends, and characters are whole."""
    assert read_text(written) == read


@pytest.mark.parametrize("written", [None, ["a"], {"a": "b"}])
def test_no_text(written: object) -> None:
    """What is no text is refused."""
    with pytest.raises(vol.Invalid):
        read_text(written)


def test_parts() -> None:
    """Trimming and composing do one thing each."""
    assert trim(" e\u0301 ") == "e\u0301"
    assert compose(" e\u0301 ") == " é "


@pytest.mark.parametrize(
    ("text", "length", "short"),
    [
        ("Water\n is leaking", 16, "Water is leaking"),
        ("Water is leaking", 15, "Water is leaki…"),
        ("Water is leaking", 7, "Water…"),
    ],
)
def test_shorten(text: str, length: int, short: str) -> None:
    """A text is one line; one that is too long for it ends in an ellipsis."""
    assert shorten(text, length) == short
