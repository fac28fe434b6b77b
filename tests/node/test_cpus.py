"""How many workers a node starts by itself: one for each CPU that it may use."""

import os

import pytest

from trunkline.settings import Settings, cpus


@pytest.fixture
def allowed(tmp_path):
    """Makes control groups: `allowed(("a.slice", "50000 100000"), ("b.service", "max 100000"))`, one in the other."""

    def make(*groups, own="0::{path}\n"):
        folder, path = tmp_path / "cgroup", ""
        folder.mkdir()
        for name, text in groups:
            path += f"/{name}"
            (folder / path[1:]).mkdir()
            if text is not None:
                (folder / path[1:] / "cpu.max").write_text(f"{text}\n")
        (tmp_path / "own").write_text(own.format(path=path or "/"))
        return cpus.usable(folder, tmp_path / "own")

    return make


@pytest.fixture(autouse=True)
def eight(monkeypatch):
    monkeypatch.setattr(os, "process_cpu_count", lambda: 8)


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([], 8),
        ([("trunkline.service", "max 100000")], 8),
        ([("trunkline.service", "300000 100000")], 3),
        ([("trunkline.service", "250000 100000")], 3),  # half a CPU's time is used by a worker too
        ([("trunkline.service", "50000 100000")], 1),
        ([("telephony.slice", "400000 100000"), ("trunkline.service", "max 100000")], 4),
        ([("telephony.slice", "200000 100000"), ("trunkline.service", "600000 100000")], 2),
        ([("telephony.slice", None), ("trunkline.service", "1600000 100000")], 8),  # more than there are
        ([("trunkline.service", "nonsense")], 8),
    ],
)
def test_the_time_that_its_control_groups_allow(allowed, groups, expected):
    assert allowed(*groups) == expected


def test_a_machine_without_cgroup_v2(allowed, tmp_path):
    assert allowed(("trunkline.service", "100000 100000"), own="4:cpu,cpuacct:{path}\n") == 8
    assert cpus.usable(tmp_path / "cgroup", tmp_path / "none") == 8


def test_a_process_bound_to_some_cpus_counts_these(monkeypatch):
    monkeypatch.undo()
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert cpus.usable() == 1
    finally:
        os.sched_setaffinity(0, before)


@pytest.mark.parametrize(("found", "expected"), [(1, 2), (2, 2), (7, 7)])
def test_two_workers_at_least(monkeypatch, found, expected):
    """One alone would stand still whenever it waits."""
    monkeypatch.setattr(cpus, "usable", lambda: found)
    assert Settings().sip_workers == expected
    assert Settings(sip={"workers": 1}).sip_workers == 1
