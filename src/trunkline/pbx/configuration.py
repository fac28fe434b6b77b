"""What a generator makes: files, commands to paste, screens to fill in, and what to do with them."""

from dataclasses import dataclass

from trunkline.pbx import escaping


@dataclass(frozen=True, slots=True)
class File:
    """A file of the PBX. `path` is where it belongs, without the leading '/'; `about` is a sentence without its stop;
    `owner` is the user that the PBX runs as."""

    path: str
    text: str
    about: str = ""
    owner: str = ""
    private: bool = True  # it has the secret


@dataclass(frozen=True, slots=True)
class Commands:
    """Text to paste, most of all into a command line. `name` is a file name for it, `where` says what must be open."""

    name: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a screen, as it is named there, and its value ('' to leave it empty)."""

    name: str
    value: str
    note: str = ""

    def __post_init__(self) -> None:
        escaping.typed(self.value)


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen of the PBX's pages. `path` is how to get there; fields that are not listed keep their values."""

    path: str
    fields: tuple[Field, ...]
    note: str = ""


Part = File | Commands | Screen


@dataclass(frozen=True, slots=True)
class Configuration:
    """`parts` in the order in which they are to be done; `steps` are sentences that say how, `seen` what then shows
    that it works. `forward` is the Forward to SIP text of each number (E.164 digits). `warnings` are sentences."""

    system: str
    title: str
    parts: tuple[Part, ...]
    steps: tuple[str, ...]
    seen: tuple[str, ...]
    forward: tuple[tuple[str, str], ...]
    placeholders: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[File, ...]:
        return tuple(part for part in self.parts if isinstance(part, File))
