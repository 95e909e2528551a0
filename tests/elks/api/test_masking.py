"""Texts that may be told on."""

import pytest

from custom_components.elks.api.masking import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("+46701234004", "+46•••••004"),
        ("to=+46 70-123 40 04.", "to=+46•••••004."),
        ("0701234004 and (070) 123 40 04", "070•••••004 and (070•••••004"),
        ("46701234004", "467•••••004"),
        (
            "see https://home.example/api/webhook/secret?token=x for more",
            "see https://••••• for more",
        ),
        ("cost 1500, state 403 in 2026", "cost 1500, state 403 in 2026"),
    ],
)
def test_mask(text: str, masked: str) -> None:
    """Phone numbers and addresses cannot be read any more; the rest can."""
    assert mask(text) == masked
