"""A configuration as one text, as Markdown and as HTML."""

import re
from functools import cache

import jinja2

from trunkline.pbx.configuration import Commands, Configuration, File, Part, Screen


def text(configuration: Configuration) -> str:
    """For a terminal."""
    return _environment("text").get_template("sheet.txt.j2").render(made=configuration)


def markdown(configuration: Configuration) -> str:
    """For a ticket or a file."""
    return _environment("markdown").get_template("sheet.md.j2").render(made=configuration)


def html(configuration: Configuration) -> str:
    """A part of a page, with buttons whose `data-copy` is what they copy; safe to stand in one."""
    return _environment("html").get_template("sheet.html.j2").render(made=configuration)


def kind(part: Part) -> str:
    match part:
        case File():
            return "file"
        case Commands():
            return "commands"
        case Screen():
            return "screen"
    raise TypeError(f"{part!r} is no part of a configuration")


@cache
def _environment(form: str) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("trunkline.pbx", "templates/sheet"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=form == "html",
    )
    environment.filters |= {"kind": kind, "cell": _cell, "fence": _fence}
    return environment


def _cell(value: str) -> str:
    """In a Markdown table: code, if there is anything, in which only the bar has a meaning."""
    if not value:
        return ""
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", value)), default=0))
    space = " " if value.startswith("`") or value.endswith("`") else ""
    return f"{ticks}{space}{value}{space}{ticks}".replace("|", "\\|")


def _fence(value: str) -> str:
    """The line before and after a block of code: more backticks than it has anywhere (CommonMark §4.5)."""
    return "`" * max(3, 1 + max((len(run) for run in re.findall("`+", value)), default=0))
