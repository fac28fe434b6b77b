"""`trunkline check --codecs` through a whole node, and the table of docs/media.md."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from trunkline.sandbox.codecs import CODECS

pytestmark = pytest.mark.long

DOCUMENT = Path(__file__).parents[2] / "docs" / "media.md"


async def test_the_matrix_is_what_the_document_says(node):
    ran = await asyncio.to_thread(node.run, "check", "--codecs", "--json")
    found = json.loads(ran.stdout)
    assert not [cell for cells in found["calls"].values() for cell in cells if not cell["ok"]]
    assert (found["ok"], ran.returncode) == (True, 0)
    assert len(found["calls"]) == 2
    documented = dict(re.findall(r"(?m)^    (\w+) +((?:-?[0-9.]+ *){6})$", DOCUMENT.read_text()))
    assert list(documented) == list(CODECS)
    for cells in found["calls"].values():
        for cell in cells:
            said = documented[cell["caller"]].split()[list(CODECS).index(cell["callee"])]
            assert abs(float(cell["text"]) - float(said)) < 3.5, cell
