"""The house is as docs/architecture.md shows it: imports go down, and only api/ knows the wire."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path
import re

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "custom_components" / "elks"
_NAME = "custom_components.elks"
_WIRE = re.compile(r"\b(ivr|callid|newoutgoing|newincoming|badsource|noinput)\b|sound/")
"""Words of 46elks that are no field of our actions."""


def _module(path: Path) -> str:
    """Return the name by which a file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


MODULES = {_module(path): path for path in PACKAGE.rglob("*.py")}


def _imports(path: Path) -> set[str]:
    """Return the modules of ours that a file imports, also those for types alone."""
    package = ".".join(path.parent.relative_to(ROOT).parts)
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package.split(".")[: len(package.split(".")) - node.level + 1]
            source = ".".join([*base, *([node.module] if node.module else [])])
            for name in (alias.name for alias in node.names):
                one = f"{source}.{name}"
                found.add(one if one in MODULES else source)
    return found


def _room(module: str) -> str:
    """Return the room of a module, as the page names it: a folder, or a file."""
    inside = module.removeprefix(f"{_NAME}").lstrip(".").split(".")[0]
    if not inside:
        return "__init__.py"
    return f"{inside}/" if (PACKAGE / inside).is_dir() else f"{inside}.py"


def _floors() -> dict[str, int]:
    """Return the rooms of the page's first table, each with its row, from the top."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    table = page.partition("| room |")[2].partition("\n\n")[0]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    return {
        room: number
        for number, row in enumerate(rows)
        for room in re.findall(r"`([\w/]+(?:\.py)?)`", row)
    }


FLOORS = _floors()


def test_every_room_is_on_the_page() -> None:
    """The page has all rooms, and none that is not there."""
    rooms = {_room(module) for module in MODULES}

    assert rooms <= FLOORS.keys()
    assert all((PACKAGE / room).exists() for room in FLOORS)


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_go_down(module: str) -> None:
    """No module imports one of a room that stands above its own."""
    own = FLOORS[_room(module)]

    above = [one for one in _imports(MODULES[module]) if FLOORS[_room(one)] < own]

    assert above == []


def test_no_circle() -> None:
    """No file imports one that, by whatever way, imports it."""
    graph = {
        module: _imports(path) - {module}
        for module, path in MODULES.items()
        if path.name != "__init__.py"
    }

    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize(
    "module", sorted(one for one in MODULES if _room(one) != "api/")
)
def test_the_wire_is_known_in_api_alone(module: str) -> None:
    """Only api/ holds words of 46elks."""
    texts = [
        node.value
        for node in ast.walk(ast.parse(MODULES[module].read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]

    assert [text for text in texts if _WIRE.search(text)] == []


@pytest.mark.parametrize("module", sorted(MODULES))
def test_every_room_says_what_belongs_there(module: str) -> None:
    """Each module begins with what it is for."""
    assert ast.get_docstring(ast.parse(MODULES[module].read_text()))
