"""How each format holds a value: escaped where it can be, refused where it cannot.

Templates print values through one of these functions and through nothing else (`templates.py`), so that none is
forgotten. Each raises PbxError with what to do instead, and never repeats a secret.
"""

import re
from collections.abc import Callable, Iterable
from xml.sax.saxutils import escape

from trunkline.pbx.errors import PbxError
from trunkline.pbx.trunk import Secret

Escape = Callable[[object], str]


class Raw(str):
    """A text that is written in the format already."""

    __slots__ = ()


def asterisk(value: object) -> str:
    """A value in Asterisk's .conf files: a ';' begins a comment unless '\\' stands before it (main/config.c).

    Blanks around it are stripped, so it cannot begin or end with one.
    """
    text = _plain(value, "Asterisk's files")
    if text != text.strip():
        raise refusal(value, "Asterisk's files", "a blank at its beginning or end")
    return text.replace(";", "\\;")


def dialplan(value: object) -> str:
    """A value within an application's arguments in extensions.conf: no way to escape all that has a meaning there."""
    text = asterisk(value)
    _without(value, text.replace("\\;", ";"), "Asterisk's dialplan", '$,"|&\\()[]{}')
    return text


def assigned(value: object) -> str:
    """What Set() gives to a variable in extensions.conf: only what is substituted has a meaning there."""
    text = asterisk(value)
    _without(value, text.replace("\\;", ";"), "Asterisk's dialplan", ("${", "$[", "\\"))
    return text


def freepbx(value: object) -> str:
    """A field of FreePBX, which writes it into Asterisk's files and back into its forms as it is."""
    text = _plain(value, "a field of FreePBX")
    if text != text.strip():
        raise refusal(value, "a field of FreePBX", "a blank at its beginning or end")
    _without(value, text, "a field of FreePBX", ';"')
    return text


def xml(value: object) -> str:
    """A value in FreeSWITCH's XML: in an attribute or text. Its preprocessor expands $${…} before XML is read, and
    channel variables ${…} later."""
    text = _plain(value, "FreeSWITCH's XML")
    if "${" in text:
        raise refusal(value, "FreeSWITCH's XML", "'${', which it replaces by a variable")
    return escape(text, {'"': "&quot;", "'": "&apos;"})


def ios(value: object) -> str:
    """A word of an IOS command line. '?' asks for help, and a line that begins with '!' is a comment."""
    text = _ascii(value, "IOS")
    _without(value, text, "an IOS command line", ' ?"')
    if text.startswith("!"):
        raise refusal(value, "an IOS command line", "'!' at its beginning")
    return text


def acli(value: object) -> str:
    """A value of Oracle's ACLI, quoted where it has a blank or a parenthesis."""
    text = _ascii(value, "ACLI")
    _without(value, text, "an ACLI command line", '"?!\\')
    return f'"{text}"' if re.search(r"[\s();,]", text) or not text else text


def powershell(value: object) -> str:
    """Within single quotes, where PowerShell expands nothing; a quote, also a typographic one, is written twice."""
    return re.sub("(['\u2018-\u201b])", r"\1\1", _plain(value, "PowerShell"))


def typed(value: object) -> str:
    """What a person types into a field of a screen: everything that can be typed."""
    return _plain(value, "a field of a screen")


def toml(value: object, hold: Escape = typed) -> str:
    """Within a string in double quotes of TOML; what the field of a screen cannot hold is refused by `hold`."""
    return hold(value).replace("\\", "\\\\").replace('"', '\\"')


def toml_freepbx(value: object) -> str:
    """The same for a field of FreePBX."""
    return toml(value, freepbx)


def refusal(value: object, place: str, what: str) -> PbxError:
    """The error for a value that a format cannot hold."""
    if isinstance(value, Secret):
        return PbxError(f"the secret has {what}, which {place} cannot hold: make another secret without it")
    return PbxError(f"{str(value)!r} has {what}, which {place} cannot hold: write it without")


def _plain(value: object, place: str) -> str:
    text = str(value)
    if not text.isprintable():
        raise refusal(value, place, "a line break or another character that does not print")
    return text


def _ascii(value: object, place: str) -> str:
    text = _plain(value, place)
    if not text.isascii():
        raise refusal(value, place, "a letter outside ASCII")
    return text


def _without(value: object, text: str, place: str, meaningful: Iterable[str]) -> None:
    if found := next((part for part in meaningful if part in text), ""):
        raise refusal(value, place, "a blank" if found == " " else f"the text {found!r}")
