"""Screens, and what is to be said of them, as `screens.toml` in the template folder of a PBX has them:

steps = ["…"]                                # sentences, as in Configuration
seen = ["…"]
warnings = ["…"]
placeholders = [["WORD", "what it stands for"]]

[[screens]]
path = "Menu > Page"
note = "…"                                   # if there is anything to say
fields = [
    ["name", "value"],
    ["name", "value", "what is to be said of it"],
]
"""

import tomllib

from trunkline.pbx import escaping
from trunkline.pbx.configuration import Field, Screen
from trunkline.pbx.system import Made
from trunkline.pbx.templates import render
from trunkline.pbx.trunk import Endpoint, Options, Trunk


def read(name: str, trunk: Trunk, options: Options, escape: escaping.Escape = escaping.toml, **values: object) -> Made:
    """What the file of the template folder `name` comes to; its screens are the parts. The template is given the trunk,
    the options, the two tiers of endpoints (`near`, `far`) and `values`.

    Raises PbxError for a value that no field can hold; TypeError or tomllib.TOMLDecodeError for a broken template.
    """
    near, far = tiers(trunk)
    text = render(f"{name}/screens.toml", escape, trunk=trunk, options=options, near=near, far=far, **values)
    found = tomllib.loads(text)
    screens = tuple(_screen(**screen) for screen in found.pop("screens", ()))
    placeholders = tuple((word, meaning) for word, meaning in found.pop("placeholders", ()))
    return Made(screens, placeholders=placeholders, **found)


def tiers(trunk: Trunk) -> tuple[tuple[Endpoint, ...], tuple[Endpoint, ...]]:
    """The two closest endpoints, which share the calls, and those behind them."""
    return trunk.endpoints[:2], trunk.endpoints[2:]


def _screen(path: str, fields: list[list[str]], note: str = "") -> Screen:
    return Screen(path, tuple(Field(*field) for field in fields), note)
