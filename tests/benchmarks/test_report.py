"""The findings as tables."""

from benchmarks.figures import Durations
from benchmarks.report import tables
from benchmarks.result import Comparison, Findings, Goal, Growth, Side, at_most


def test_tables() -> None:
    """Every finding is shown, and whether its goal is reached."""
    rest, elks = (
        Side("Rest", Durations([0.001] * 4)),
        Side("Elks", Durations([0.002] * 4)),
    )
    findings = Findings(
        goals=[
            at_most("Placing", elks, rest, 1.5),
            Goal("Calls lost", 0, 0, "", decimals=0),
        ],
        comparisons=[Comparison("Placing a call", (rest, elks))],
        growth=[Growth(calls=1000, wall=0.001, work=0.0005, memory=1500)],
    )

    lines = tables(findings).splitlines()

    assert "| Placing | 2.00 times (2.00 to 2.00) | 1.50 times | **no** |" in lines
    assert "| Calls lost | 0 | 0 | yes |" in lines
    assert "| Rest | 1.00 ms | 1.00 ms | 1 |" in lines
    assert "| Elks | 2.00 ms | 2.00 ms | 2.00 (2.00 to 2.00) |" in lines
    assert "| 1,000 | 1.00 ms | 0.50 ms | 1.5 KB |" in lines
