"""The script that Kamailio loads: it finds the package and hands over to `trunkline.edge.main`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from trunkline.edge.main import Edge


def mod_init():
    return Edge()
