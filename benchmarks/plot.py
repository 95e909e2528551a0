"""A chart of how much of each goal is used."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from .result import Goal

_ROW = 26
_LABELS = 470
_GOAL = 240
"""Pixels of a bar that just reaches its goal."""
_LONGEST = 1.25
_TOP = 34
_HOLDS, _MISSED = "#03a9f4", "#db4437"


def goals(all_goals: Sequence[Goal]) -> str:
    """Return an SVG with a bar for each goal with a limit above zero."""
    shown = [goal for goal in all_goals if goal.limit > 0]
    width, height = _LABELS + _GOAL * _LONGEST + 80, _TOP + _ROW * len(shown) + 10
    bars = "".join(_bar(goal, _TOP + _ROW * row) for row, goal in enumerate(shown))
    line = _LABELS + _GOAL
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" '
        'font-family="sans-serif" font-size="13">\n'
        f'<rect width="{width:.0f}" height="{height}" fill="#fff"/>\n'
        f'<text x="{line}" y="20" text-anchor="middle" fill="#555">goal</text>\n'
        f'{bars}<line x1="{line}" x2="{line}" y1="26" y2="{height}" stroke="#555" stroke-dasharray="3 3"/>\n'
        "</svg>\n"
    )


def _bar(goal: Goal, top: int) -> str:
    share = goal.measured / goal.limit
    length = min(share, _LONGEST) * _GOAL
    figure = f"{goal.measured:.{goal.decimals}f} {goal.unit}".strip()
    label = escape(goal.what.replace("`", ""))
    return (
        f'<text x="{_LABELS - 8}" y="{top + 16}" text-anchor="end">{label}</text>\n'
        f'<rect x="{_LABELS}" y="{top + 3}" width="{length:.1f}" height="{_ROW - 8}" '
        f'fill="{_HOLDS if goal.holds else _MISSED}"/>\n'
        f'<text x="{_LABELS + max(length, 0) + 6:.1f}" y="{top + 16}" fill="#555">{figure}</text>\n'
    )
