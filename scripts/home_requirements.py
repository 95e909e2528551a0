"""Prints the packages that a new Home Assistant with Elks needs, from its integrations' manifests.

Home Assistant would install them at its first start, one by one. To be run by its Python.
"""

import json
from pathlib import Path

from homeassistant import components
from homeassistant.bootstrap import DEFAULT_INTEGRATIONS

CONFIGURED_INTEGRATIONS = {"elks", "history", "logbook"}
FOLDERS = [Path("custom_components"), *map(Path, components.__path__)]


def requirements(domains: set[str]) -> set[str]:
    """Return the requirements of integrations and of everything they depend on."""
    seen: set[str] = set()
    found: set[str] = set()
    while domains := domains - seen:
        seen |= domains
        manifests = [_manifest(domain) for domain in domains]
        found.update(*(m.get("requirements", []) for m in manifests))
        domains = set().union(
            *(m.get("dependencies", []) for m in manifests),
            *(m.get("after_dependencies", []) for m in manifests),
        )
    return found


def _manifest(domain: str) -> dict[str, list[str]]:
    files = (folder / domain / "manifest.json" for folder in FOLDERS)
    manifest: dict[str, list[str]] = json.loads(
        next(file for file in files if file.exists()).read_text()
    )
    return manifest


if __name__ == "__main__":
    print(
        "\n".join(sorted(requirements(DEFAULT_INTEGRATIONS | CONFIGURED_INTEGRATIONS)))
    )
