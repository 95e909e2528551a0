"""What is said of all tests together, also when they ran in several processes."""

import logging

import pytest

from .elks.reliability.result import Result, summary

# The helper has every statement logged; a thread that still writes would do so between the dots
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what came of the fault matrix."""
    reports = terminalreporter.getreports("passed")
    if results := [result for report in reports if (result := Result.of(report))]:
        terminalreporter.section("fault matrix")
        for line in summary(results):
            terminalreporter.write_line(line)
