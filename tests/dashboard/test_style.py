"""The style sheets: every text can be read on what it stands on, in both schemes, and nothing comes from elsewhere."""

import re

import pytest

from trunkline.control.dashboard.options import HERE

COLOURS = (HERE / "static" / "colours.css").read_text()
LIGHT, DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
    for block in re.findall(r":root \{(.*?)\}", COLOURS, re.DOTALL)
)
TEXT = [  # colour, and what it stands on
    ("ink", "ground"), ("ink", "card"), ("ink", "raised"), ("quiet", "ground"), ("quiet", "card"), ("quiet", "raised"),
    ("accent-text", "card"), ("accent-text", "ground"), ("accent-text", "accent-soft"), ("quiet", "accent-soft"),
    ("ink", "accent-soft"), ("accent-ink", "accent"), ("accent-ink", "accent-text"), ("good", "good-soft"),
    ("bad", "bad-soft"), ("bad", "card"), ("warn", "warn-soft"), ("card", "bad"),
]  # fmt: skip
EDGES = [("strong-line", "card"), ("accent", "card"), ("accent", "ground")]  # WCAG 2.2, 1.4.11: fields and focus


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_edges_stand_out(scheme):
    weak = {(a, b): round(contrast(scheme[a], scheme[b]), 2) for a, b in TEXT if contrast(scheme[a], scheme[b]) < 4.5}
    weak |= {(a, b): round(contrast(scheme[a], scheme[b]), 2) for a, b in EDGES if contrast(scheme[a], scheme[b]) < 3}
    assert weak == {}


def test_both_schemes_have_the_same_colours():
    assert LIGHT.keys() == DARK.keys()


def test_nothing_is_loaded_from_anywhere_else():
    own = [*HERE.rglob("*.html"), *(HERE / "static").iterdir()]
    for path in own:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|url\(", text.replace("https:// address", "")), path


def test_no_template_has_a_script_or_a_style_of_its_own():
    for path in HERE.rglob("*.html"):
        assert not re.search(r"<script>|<style|\sstyle=|\son[a-z]+=|\|safe|autoescape", path.read_text()), path


def test_a_page_loads_every_sheet():
    base = (HERE / "base.html").read_text()
    assert [path.name for path in (HERE / "static").glob("*.css") if f"{{% static '{path.name}' %}}" not in base] == []
