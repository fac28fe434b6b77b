"""docs/dialects.md names every dialect scenario, and none that does not exist; every message is sent by one."""

import re
from pathlib import Path

from scenarios.dialects.speaking import MESSAGES

HERE = Path(__file__).parent
TEXT = (HERE.parents[2] / "docs" / "dialects.md").read_text()
NAMED = set(re.findall(r"`((?:dialects/)?test_[a-z0-9_]+\.py)`", TEXT))


def test_every_scenario_that_is_named_exists():
    assert [name for name in sorted(NAMED) if not (HERE.parent / name).is_file()] == []


def test_every_dialect_scenario_is_named():
    files = {f"dialects/{path.name}" for path in HERE.glob("test_*.py")} - {f"dialects/{Path(__file__).name}"}
    assert files - NAMED == set()


def test_every_message_is_sent():
    code = "\n".join(path.read_text() for path in HERE.glob("*.py"))
    kinds = ("options.sip", "register.sip", "answer.txt")  # those of a list of systems
    unused = [p.name for p in MESSAGES.iterdir() if p.name not in code and not p.name.endswith(kinds)]
    assert unused == []
    for kind in kinds:
        assert [p.name for p in MESSAGES.glob(f"*-{kind}") if f'"{p.name.removesuffix(f"-{kind}")}"' not in code] == []
