"""Who may import whom, how long a module may grow, and what no file may name."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "trunkline"
ANYONE = {"sip", "contract"}
MAY_IMPORT = {
    "sip": set(),
    "contract": {"sip"},
    "edge": {"sip", "contract"},
    "settings": {"sip"},
    "home": set(),
    "dns": ANYONE | {"settings", "home"},
    "pbx": {"sip"},
    "sandbox": ANYONE | {"settings", "home"},
    "node": ANYONE | {"settings", "home", "dns"},
    "control": ANYONE | {"settings", "home", "dns", "pbx"},
    "cli": ANYONE | {"settings", "home", "dns", "pbx", "sandbox", "node", "control"},
    "__main__": {"cli"},
    "__init__": set(),
}
STANDARD_LIBRARY_ONLY = ("sip", "contract", "edge")
LONGEST_MODULE = 300  # lines

MODULES = sorted(SOURCE.rglob("*.py"))


def part_of(module: Path) -> str:
    return module.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(module: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(SOURCE)))
def test_imports_go_the_allowed_way(module):
    part = part_of(module)
    ours = {name.split(".")[1] for name in imported(module) if name.startswith("trunkline.")}
    assert ours - {part, "__version__"} <= MAY_IMPORT[part]


@pytest.mark.parametrize("part", STANDARD_LIBRARY_ONLY)
def test_what_kamailio_loads_needs_no_package(part):
    for module in (SOURCE / part).rglob("*.py"):
        roots = {name.split(".")[0] for name in imported(module)} - {"trunkline", "KSR"}
        assert roots <= sys.stdlib_module_names, module


def test_only_ksr_touches_kamailio():
    assert {m.parent.name for m in MODULES if "KSR" in imported(m)} == {"ksr"}


def test_no_module_is_too_long():
    long = [str(m) for m in MODULES if "migrations" not in m.parts and len(m.read_text().splitlines()) > LONGEST_MODULE]
    assert long == []


def test_any_machine_of_debians_will_do():
    """A path of one kind of machine, as of Kamailio's modules, is wrong on the others (amd64, arm64, ...)."""
    shipped = [path for folder in ("src", "deploy") for path in (ROOT / folder).rglob("*") if path.is_file()]
    text = {path: path.read_bytes() for path in [*shipped, ROOT / "trunkline"] if "__pycache__" not in path.parts}
    named = (b"x86_64", b"amd64", b"aarch64", b"arm64")
    assert [str(path) for path, content in text.items() if any(name in content for name in named)] == []
