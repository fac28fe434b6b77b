"""The template folders of the PBXs: beside each folder that `systems` has its modules in."""

from functools import cache
from pathlib import Path

import jinja2

from trunkline.pbx import systems
from trunkline.pbx.escaping import Escape, Raw


def render(name: str, escape: Escape, **values: object) -> str:
    """The text of a template, e.g. 'asterisk/pjsip.conf'; every value that it prints goes through `escape`."""
    return _environment(escape).get_template(f"{name}.j2").render(**values)


def forget() -> None:
    """Read all anew, also what is in folders that were added to `systems.__path__`."""
    _environment.cache_clear()


@cache
def _environment(escape: Escape) -> jinja2.Environment:
    def printed(value: object) -> object:
        if isinstance(value, (Raw, int, jinja2.Undefined)):  # an Undefined raises when it is printed
            return value
        return escape(value)

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([Path(folder).parent / "templates" for folder in systems.__path__]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # no format here is HTML, and each has its own way to escape
        finalize=printed,
    )
