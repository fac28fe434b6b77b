"""A configuration as a document for programs."""

from trunkline.pbx import archive
from trunkline.pbx.configuration import Configuration, Screen


def as_dict(made: Configuration) -> dict[str, object]:
    """`files` are texts by their paths, those of commands among them; `forward` has the numbers with '+'."""
    screens = [part for part in made.parts if isinstance(part, Screen)]
    return {
        "system": made.system,
        "title": made.title,
        "files": {file.path: file.text for file in archive.files(made)[:-1]},
        "screens": [
            {"path": s.path, "note": s.note, "fields": [{"name": f.name, "value": f.value} for f in s.fields]}
            for s in screens
        ],
        "steps": list(made.steps),
        "seen": list(made.seen),
        "forward": {f"+{number}": uri for number, uri in made.forward},
        "placeholders": dict(made.placeholders),
        "warnings": list(made.warnings),
    }
