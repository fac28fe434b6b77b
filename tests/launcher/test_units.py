"""The systemd units: systemd takes them, and what they limit is limited, by its own score."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

CLONE = Path(__file__).resolve().parents[2]
UNITS = CLONE / "deploy" / "systemd"
NAMES = sorted(path.name for path in UNITS.glob("*.*") if path.is_file())

pytestmark = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze here")


@pytest.fixture
def units(tmp_path):
    """A copy of the units, whose launcher is this clone's."""
    folder = tmp_path / "units"
    shutil.copytree(UNITS, folder)
    for path in folder.rglob("*.*"):
        if path.is_file():
            path.write_text(path.read_text().replace("/opt/trunkline", str(CLONE)))
    return folder


def _analyze(*words) -> subprocess.CompletedProcess:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, timeout=60)


def test_there_are_a_node_a_backup_and_its_timer():
    assert NAMES == ["trunkline-backup.service", "trunkline-backup.timer", "trunkline.service"]


def test_systemd_takes_them(units):
    ran = _analyze("verify", "--man=no", *(str(units / name) for name in NAMES))
    ours = [line for line in (ran.stdout + ran.stderr).splitlines() if "trunkline" in line]
    assert (ran.returncode, ours) == (0, [])


def test_systemd_would_refuse_a_slip(units):
    """Or the test above could not fail."""
    unit = units / "trunkline.service"
    unit.write_text(unit.read_text().replace("ProtectHome=yes", "ProtektHome=yes"))
    assert "ProtektHome" in _analyze("verify", "--man=no", str(unit)).stderr


@pytest.mark.parametrize(("name", "most"), [("trunkline.service", 6.0), ("trunkline-backup.service", 6.5)])
def test_its_exposure_is_no_more_than_documented(units, name, most):
    """systemd's own score: 0 is nothing, 9.6 is a unit without any limit."""
    ran = _analyze("security", "--offline=true", "--no-pager", str(units / name))
    score = re.search(r"exposure level for \S+: ([0-9.]+)", ran.stdout)
    assert score, ran
    assert float(score[1]) <= most
