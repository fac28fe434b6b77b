"""Every file of every PBX, as it was read and found right: TRUNKLINE_GOLDEN=write makes them anew."""

import os
from pathlib import Path

import pytest

from pbx.trunks import VARIANTS, fits
from trunkline.pbx import archive, registry
from trunkline.pbx.system import System

GOLDEN = Path(__file__).parent / "golden"


def _wanted(system: System):
    for name, (trunk, options) in VARIANTS.items():
        if fits(system, options):
            yield name, trunk, options


CASES = [
    pytest.param(system.name, *case, id=f"{system.name}-{case[0]}")
    for system in registry.systems_by_name().values()
    for case in _wanted(system)
]


@pytest.mark.parametrize(("system", "variant", "trunk", "options"), CASES)
def test_files_are_as_they_were_read(system, variant, trunk, options):
    folder = GOLDEN / system / variant
    made = {file.path: file.text for file in archive.files(registry.generate(system, trunk, options))}
    if os.environ.get("TRUNKLINE_GOLDEN") == "write":
        for path, text in made.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    kept = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    assert made == kept


def test_nothing_is_kept_for_a_pbx_that_is_not_there():
    assert {folder.name for folder in GOLDEN.iterdir()} == set(registry.systems_by_name())
