"""The files that Home Assistant, the Marketplace and HACS read, as their own checks want them."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy

from homeassistant.util.yaml import load_yaml_dict

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "custom_components/elks"
MANIFEST_KEYS = {
    "after_dependencies",
    "codeowners",
    "config_flow",
    "dependencies",
    "documentation",
    "domain",
    "integration_type",
    "iot_class",
    "issue_tracker",
    "name",
    "quality_scale",
    "requirements",
    "version",
}
RULES = [
    "action-setup",
    "appropriate-polling",
    "brands",
    "common-modules",
    "config-flow",
    "config-flow-test-coverage",
    "dependency-transparency",
    "docs-actions",
    "docs-conditions",
    "docs-high-level-description",
    "docs-installation-instructions",
    "docs-removal-instructions",
    "docs-triggers",
    "entity-event-setup",
    "entity-unique-id",
    "has-entity-name",
    "runtime-data",
    "test-before-configure",
    "test-before-setup",
    "unique-config-entry",
    "action-exceptions",
    "config-entry-unloading",
    "docs-configuration-parameters",
    "docs-installation-parameters",
    "entity-unavailable",
    "integration-owner",
    "log-when-unavailable",
    "parallel-updates",
    "reauthentication-flow",
    "test-coverage",
    "devices",
    "diagnostics",
    "discovery",
    "discovery-update-info",
    "docs-data-update",
    "docs-examples",
    "docs-known-limitations",
    "docs-supported-devices",
    "docs-supported-functions",
    "docs-troubleshooting",
    "docs-use-cases",
    "dynamic-devices",
    "entity-category",
    "entity-device-class",
    "entity-disabled-by-default",
    "entity-translations",
    "exception-translations",
    "icon-translations",
    "reconfiguration-flow",
    "repair-issues",
    "stale-devices",
    "async-dependency",
    "inject-websession",
    "strict-typing",
]
TEXTS = {
    "common",
    "conditions",
    "config",
    "config_subentries",
    "entity",
    "exceptions",
    "issues",
    "options",
    "selector",
    "services",
    "system_health",
    "triggers",
}


def manifest() -> dict[str, Any]:
    """Return the integration's manifest."""
    manifest: dict[str, Any] = json.loads((FOLDER / "manifest.json").read_text())
    return manifest


def test_manifest() -> None:
    """The manifest has what a custom integration needs, in order, and nothing unknown."""
    read = manifest()

    assert list(read)[:2] == ["domain", "name"]
    assert list(read)[2:] == sorted(list(read)[2:])
    assert read.keys() <= MANIFEST_KEYS
    assert read["domain"] == FOLDER.name
    assert AwesomeVersion(read["version"]).strategy is AwesomeVersionStrategy.SEMVER
    assert {"http", "webhook"} <= set(read["dependencies"])
    assert all(owner.startswith("@") for owner in read["codeowners"])
    assert read["codeowners"]
    assert all(re.fullmatch(r"[\w-]+==[\d.]+", one) for one in read["requirements"])


def test_repository() -> None:
    """The Marketplace and HACS find one integration, and how it is packed."""
    hacs = json.loads((ROOT / "hacs.json").read_text())
    release = (ROOT / "scripts/release").read_text()

    assert hacs.keys() <= {"name", "homeassistant", "zip_release", "filename"}
    assert hacs["name"] == manifest()["name"]
    assert f"--output {hacs['filename']} " in release
    folders = [path.parent for path in FOLDER.parent.glob("*/manifest.json")]
    assert folders == [FOLDER]


def test_quality_scale() -> None:
    """Every rule has a status, and what is exempt has a reason."""
    rules = load_yaml_dict(str(FOLDER / "quality_scale.yaml"))["rules"]

    assert sorted(rules) == sorted(RULES)
    for rule, status in rules.items():
        if isinstance(status, dict):
            assert status["status"] in ("exempt", "done", "todo"), rule
            assert status["comment"].strip(), rule
        else:
            assert status in ("done", "todo"), rule


def test_texts() -> None:
    """Texts stand where Home Assistant looks for them, and hold no addresses of the web."""
    for path in (FOLDER / "translations").glob("*.json"):
        texts = json.loads(path.read_text())
        assert texts.keys() <= TEXTS, path.name
        for text in _leaves(texts):
            assert not re.search(r"https?://\w", text), text


def _leaves(tree: dict[str, Any]) -> Iterator[str]:
    for value in tree.values():
        if isinstance(value, dict):
            yield from _leaves(value)
        else:
            yield value
