"""Adding a PBX is adding one file and one template folder."""

import tomllib

import jinja2
import pytest

from pbx import tenth
from pbx.trunks import TRUNK, options, trunk
from trunkline.pbx import PbxError, document, registry, screens, sheet


@pytest.fixture
def name(tmp_path):
    with tenth.added(tmp_path) as name:
        yield name


def test_it_is_among_the_others_by_its_title_and_shown(name):
    titles = [system.title for system in registry.systems_by_name().values()]
    assert titles[-1] == "Another PBX"
    assert "A Tenth PBX" in titles
    assert titles[:-1] == sorted(titles[:-1], key=str.lower)
    shown = document.as_dict(registry.generate(name, TRUNK, options()))
    fields = [(field["name"], field["value"]) for field in shown["screens"][0]["fields"]]
    assert fields[:2] == [("User", TRUNK.key), ("Server 1", "sip-eu1.example.net:5060")]
    assert "tried in this order" in sheet.text(registry.generate(name, TRUNK, options()))


def test_what_stands_in_a_value_is_that_value(name):
    odd = 'a"]]\\n#\\u0041{{ trunk.secret }}='
    made = registry.generate(name, trunk(key=odd), options())
    assert made.parts[0].fields[0].value == odd


def test_what_cannot_be_typed_is_refused_in_words(name):
    with pytest.raises(PbxError, match="a line break"):
        registry.generate(name, trunk(key="a\nb"), options())


@pytest.mark.parametrize(("old", "new", "error"), [
    ("steps", "stops", TypeError),
    ('path = "Trunks > Add"', 'path = "Trunks', tomllib.TOMLDecodeError),
    ('["User", "{{ trunk.key }}"]', '["User"]', TypeError),
    ('["User", "{{ trunk.key }}"]', '["User", "{{ trunk.kee }}"]', jinja2.UndefinedError),
])  # fmt: skip
def test_a_broken_template_is_told_from_what_it_was_given(tmp_path, monkeypatch, old, new, error):
    assert old in tenth.SCREENS
    monkeypatch.setattr(tenth, "SCREENS", tenth.SCREENS.replace(old, new))
    with tenth.added(tmp_path), pytest.raises(error) as raised:
        screens.read("tenth", TRUNK, options())
    assert not isinstance(raised.value, PbxError)


def test_it_is_gone_again(tmp_path):
    with tenth.added(tmp_path):
        pass
    with pytest.raises(PbxError, match="no PBX 'tenth'"):
        registry.get("tenth")
