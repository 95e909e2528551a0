"""The examples: what 46elks' documentation and public code show of its requests, answers and callbacks.

Private numbers, names and ids in them were replaced by invented ones of the same form.
"""

from collections.abc import Iterable
from dataclasses import dataclass
import json
from pathlib import Path
import re

import pytest

_FILE = Path(__file__).parent / "46elks.jsonl"
_MISSING_COMMA = re.compile(r'(?<=["\d])\n(?=")')
_LAST_COMMA = re.compile(r",(?=\s*[\]}])")


@dataclass(frozen=True)
class Example:
    """An example as its source prints it."""

    id: str
    what: str
    of: str
    """Such as `POST /calls`, or `whenhangup`."""
    status: int | None
    """None where the source does not tell it."""
    content_type: str | None
    body: str

    @property
    def mended(self) -> str:
        """The body without what only a page has: abbreviations and slips of its JSON."""
        whole = _MISSING_COMMA.sub(",\n", self.body.replace("// ...", ""))
        return _LAST_COMMA.sub("", whole)

    @property
    def form(self) -> str:
        """The body without the line breaks of its page."""
        return self.body.replace("\n", "")


def _read(line: str) -> Example:
    fields = json.loads(line)
    return Example(**{name: fields[name] for name in Example.__annotations__})


EXAMPLES = {
    example.id: example for example in map(_read, _FILE.read_text().splitlines())
}


def each(ids: Iterable[str]) -> pytest.MarkDecorator:
    """Let a test run with each of these examples."""
    examples = [pytest.param(EXAMPLES[one], id=one) for one in sorted(ids)]
    return pytest.mark.parametrize("example", examples)
