"""The picture of the goals."""

from xml.etree import ElementTree as ET

from benchmarks.plot import goals
from benchmarks.result import Goal


def test_goals() -> None:
    """Each goal has a bar, as long as it is used; one of nothing has none."""
    svg = goals(
        [
            Goal("`half` & used", 1, 2, "ms"),
            Goal("missed", 3, 2, "ms"),
            Goal("none", 0, 0, ""),
        ]
    )

    root = ET.fromstring(svg)  # noqa: S314
    _, *bars = root.iter("{http://www.w3.org/2000/svg}rect")
    half, missed = bars
    assert float(half.attrib["width"]) == 120
    assert float(missed.attrib["width"]) == 300
    assert half.attrib["fill"] != missed.attrib["fill"]
    assert "half & used" in "".join(root.itertext())
