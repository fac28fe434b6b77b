"""Each format holds a value, or refuses it in words; a secret is never repeated."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.pbx import PbxError, escaping
from trunkline.pbx.trunk import Secret

FORMATS = (
    escaping.asterisk,
    escaping.dialplan,
    escaping.freepbx,
    escaping.xml,
    escaping.ios,
    escaping.acli,
    escaping.typed,
)


@pytest.mark.parametrize("escape", FORMATS)
@pytest.mark.parametrize("text", ["a\nb", "a\r", "a\x00b", "\x1b[2J", "a\u2028b"])
def test_no_format_takes_a_line_break_or_a_control_character(escape, text):
    with pytest.raises(PbxError, match="line break"):
        escape(text)


@pytest.mark.parametrize("escape", FORMATS)
def test_a_secret_of_ours_fits_everywhere(escape):
    assert escape(Secret("Zk3vQ9sT7uXw2yB5nM8pL4aE")) == "Zk3vQ9sT7uXw2yB5nM8pL4aE"


@pytest.mark.parametrize(("escape", "text"), [
    (escaping.asterisk, " s3cret"), (escaping.dialplan, "s3,cret"), (escaping.xml, "s3$${cret}"),
    (escaping.freepbx, "s3;cret"), (escaping.freepbx, 's3"cret'),
    (escaping.ios, "s3 cret"), (escaping.ios, "!s3cret"), (escaping.ios, "s3?cret"), (escaping.acli, 's3"cret'),
    (escaping.ios, "s3crét"), (escaping.typed, "s3\tcret"),
])  # fmt: skip
def test_a_secret_that_cannot_be_held_is_refused_and_not_repeated(escape, text):
    with pytest.raises(PbxError, match="the secret has") as refused:
        escape(Secret(text))
    assert "s3" not in str(refused.value)


@pytest.mark.parametrize("text", ["a:b@c/d", 'p"q', "a\\b", "#x", "p;q", "a\\;b", ";;", "=>x", "[x]", "a b", "é"])
def test_asterisk_reads_back_what_was_written(text):
    assert _read_by_asterisk(f"password = {escaping.asterisk(text)}") == text


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1))
def test_asterisk_reads_back_anything_that_prints(text):
    assert _read_by_asterisk(f"password = {escaping.asterisk(text)}") == text


@given(st.text(st.characters(exclude_categories=["C", "Z"])).filter(lambda text: "${" not in text))
def test_xml_reads_back_anything_that_prints(text):
    assert ElementTree.fromstring(f'<param value="{escaping.xml(text)}"/>').get("value") == text


@pytest.mark.parametrize("text", ["${SHELL(id)}", "1000&PJSIP/x", "a,b", 'x"', "$[1]", "(", "a|b", "\\"])
def test_nothing_reaches_the_dialplan_that_means_something_there(text):
    with pytest.raises(PbxError, match="dialplan"):
        escaping.dialplan(text)


@pytest.mark.parametrize("text", ["O'Brien, Sons & Co. (UK)", 'The "Best"', "50% off", "$5", "a;b"])
def test_names_with_quotes_and_semicolons_can_be_assigned(text):
    assert _read_by_asterisk(f"x = {escaping.assigned(text)}") == text


@pytest.mark.parametrize("text", ["${SHELL(id)}", "$[1+1]", "a\\b", "a\\;b"])
def test_what_set_would_evaluate_is_refused(text):
    with pytest.raises(PbxError, match="dialplan"):
        escaping.assigned(text)


@pytest.mark.parametrize(("text", "written"), [("abc", "abc"), ("a b", '"a b"'), ("a;b", '"a;b"'), ("", '""')])
def test_acli_quotes(text, written):
    assert escaping.acli(text) == written


def _read_by_asterisk(line: str) -> str:
    """What ast_config_load makes of a line (main/config.c): it ends at a ';' without '\\' before it."""
    start = 0
    while (at := line.find(";", start)) >= 0:
        if line[at - 1] == "\\":
            line, start = line[: at - 1] + line[at:], at
        else:
            line = line[:at]
    return re.fullmatch(r"\w+ = (.*)", line)[1].strip()
