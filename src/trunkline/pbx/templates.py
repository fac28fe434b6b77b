"""The template folder of one PBX."""

from functools import cache

import jinja2

from trunkline.pbx.escaping import Escape, Raw


def render(name: str, escape: Escape, **values: object) -> str:
    """The text of a template, e.g. 'asterisk/pjsip.conf'; every value that it prints goes through `escape`."""
    return _environment(escape).get_template(f"{name}.j2").render(**values)


@cache
def _environment(escape: Escape) -> jinja2.Environment:
    def printed(value: object) -> object:
        if isinstance(value, (Raw, int, jinja2.Undefined)):  # an Undefined raises when it is printed
            return value
        return escape(value)

    return jinja2.Environment(
        loader=jinja2.PackageLoader("trunkline.pbx"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # no format here is HTML, and each has its own way to escape
        finalize=printed,
    )
