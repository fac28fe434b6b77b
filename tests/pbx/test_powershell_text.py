"""What is pasted into PowerShell, for Skype for Business and for Teams."""

import re

import pytest

from pbx.trunks import options, trunk
from trunkline.pbx import escaping, registry


@pytest.mark.parametrize(
    ("system", "name", "number"),
    [("skypeforbusiness", "sfb.ps1", "'tel:+{}'"), ("microsoft-teams", "teams.ps1", "'+{}'")],
)
def test_each_command_is_whole_and_each_number_there(system, name, number):
    parts = registry.generate(system, trunk(), options()).parts
    text = next(part.text for part in parts if getattr(part, "name", "") == name)
    joined = text.replace("`\n", " ")
    for line in joined.splitlines():
        assert re.match(r"#|\$\w+ = '|(New|Set)-Cs[A-Za-z]+ ", line), line
        for opening, closing in ("{}", "()"):
            assert line.count(opening) == line.count(closing), line
        assert line.count("'") % 2 == 0, line
    assert not re.search(r"`[ \t]", text)  # with a blank behind it, a backtick joins nothing
    assert all(number.format(digits) in text for digits in trunk().numbers)


@pytest.mark.parametrize(
    ("text", "written"), [("O'Brien", "O''Brien"), ("a\u2019b", "a\u2019\u2019b"), ("$(x)", "$(x)")]
)
def test_it_quotes(text, written):
    assert escaping.powershell(text) == written
