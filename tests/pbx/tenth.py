"""One PBX more than there are: a Python file and a template folder, as docs/pbx/README.md says, and nothing else."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from trunkline.pbx import registry, systems, templates

MODULE = '''"""A PBX that there is not."""

from trunkline.pbx import screens
from trunkline.pbx.system import SCREENS, Made, System
from trunkline.pbx.trunk import Options, Trunk


def make(trunk: Trunk, options: Options) -> Made:
    return screens.read("tenth", trunk, options)


SYSTEM = System(name="tenth", title="A Tenth PBX", written_for="1.0", kinds=(SCREENS,), make=make)
'''
SCREENS = """steps = ["Fill it in."]

[[screens]]
path = "Trunks > Add"
fields = [
    ["User", "{{ trunk.key }}"],
{% for endpoint in trunk.endpoints %}
    ["Server {{ loop.index }}", "{{ endpoint.at(options.transport) }}", "tried in this order"],
{% endfor %}
]
"""


@contextlib.contextmanager
def added(folder: Path) -> Iterator[str]:
    """The name of the PBX, which is there within the block. `folder` is one of the test's own."""
    for path, text in (("systems/tenth.py", MODULE), ("templates/tenth/screens.toml.j2", SCREENS)):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_text(text)
    systems.__path__.append(str(folder / "systems"))
    _forget()
    try:
        yield "tenth"
    finally:
        systems.__path__.remove(str(folder / "systems"))
        _forget()


def _forget() -> None:
    registry.systems_by_name.cache_clear()
    templates.forget()
