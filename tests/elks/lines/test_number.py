"""What answers the calls to a number, as people are shown it."""

import pytest

from custom_components.elks.lines.number import describe

WORDS = {
    "line_nothing": "nothing",
    "line_action": "the action {action}",
    "line_unknown": "something unknown",
}


@pytest.mark.parametrize(
    ("voice_start", "shown"),
    [
        ("", "nothing"),
        (
            "https://user:pass@a.example.com:8443/x?y=z#f",
            "`https://a.example.com:8443/x`",
        ),
        ("http://192.0.2.1/`x`", "`http://192.0.2.1/%60x%60`"),
        (
            f"https://a.example.com/{'x/' * 99}",
            f"`https://a.example.com/{'x/' * 48}x…`",
        ),
        (f"https://a.example.com/api/{'x' * 16}/y", "`https://a.example.com/api/…/y`"),
        ('{"connect": "+46701234567"}', "the action `connect`"),
        ('{"next": "https://a", "play": "x"}', "the action `next`"),
        ('{"+46701234567": 1}', "something unknown"),
        ("{}", "something unknown"),
        ("[1]", "something unknown"),
        ("1", "something unknown"),
        ("+46701234567", "something unknown"),
        ("http://[", "something unknown"),
        ("{" * 10_000, "something unknown"),
        ("[" * 100_000, "something unknown"),
    ],
)
def test_describe(voice_start: str, shown: str) -> None:
    """A URL shows where it leads, an action its kind; neither gives a secret away."""
    assert describe(voice_start, WORDS) == shown
