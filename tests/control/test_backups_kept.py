"""Which backups of a folder are kept, and what they are called."""

import os
import time
from datetime import UTC, datetime
from types import SimpleNamespace


def test_the_newest_are_kept(tmp_path):
    from trunkline.control.backups.services import place_for, prune

    names = [f"trunkline-202511{day}-030000.backup" for day in (21, 22, 23)]
    for name in ["notes.txt", *names, place_for(tmp_path).name]:
        (tmp_path / name).write_text("")
    assert [path.name for path in prune(tmp_path, 2)] == names[:2]
    assert len(list(tmp_path.iterdir())) == 3


def test_those_that_a_wrong_clock_has_dated_take_nobodys_place(tmp_path):
    from trunkline.control.backups.services import place_for, prune

    later = [f"trunkline-299901{day}-030000.backup" for day in (21, 22, 23)]
    made = place_for(tmp_path).name
    for name in ["trunkline-20251121-030000.backup", made, *later]:
        (tmp_path / name).write_text("")
    assert [path.name for path in prune(tmp_path, 1)] == ["trunkline-20251121-030000.backup"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [made, *later]


def test_what_a_killed_backup_has_left_goes_with_the_old_ones(tmp_path):
    from trunkline.control.backups import services as backups

    for name in ("trunkline-20251121-030000.backup", ".trunkline-20251122-030000.backup-atwork00"):
        (tmp_path / name).write_text("")
    stays = sorted(path.name for path in tmp_path.iterdir())
    with backups._beside(backups.place_for(tmp_path)) as half:
        left = [half, half.with_name(f"{half.name}-journal")]
    for path in left:  # as a kill leaves them
        path.write_text("")
        os.utime(path, (0, time.time() - backups.HALF_SECONDS - 1))
    assert sorted(backups.prune(tmp_path, 1)) == left
    assert sorted(path.name for path in tmp_path.iterdir()) == stays  # the other one may be at work


def test_two_in_one_second_are_two(tmp_path, monkeypatch):
    from trunkline.control.backups import services as backups

    moment = datetime(2026, 1, 31, 3, 0, 0, 700, UTC)
    monkeypatch.setattr(backups, "datetime", SimpleNamespace(now=lambda zone: moment))
    for _ in range(2):
        backups.place_for(tmp_path).write_text("")
    (tmp_path / "trunkline-20260131-025959.backup").write_text("")
    assert [path.name for path in backups.prune(tmp_path, 1)] == [
        "trunkline-20260131-025959.backup", "trunkline-20260131-030000.backup",
    ]  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["trunkline-20260131-030000_000700.backup"]
