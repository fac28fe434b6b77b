"""Words of errors as the dashboard and the API say them."""

import pytest

from trunkline.control.errors import sentence


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("there is no account 'x': make it", "There is no account 'x': make it."),
        ("it is so.", "It is so."),
        ("entry 1: no", "Entry 1: no."),
        ("pbx.acme.example has no A record in DNS", "pbx.acme.example has no A record in DNS."),
        ("sip:a@b.example is refused", "sip:a@b.example is refused."),
        ("fe80::1 is link-local", "fe80::1 is link-local."),
        ("", ""),
    ],
)
def test_a_sentence_begins_with_a_capital_unless_with_a_name(words, said):
    assert sentence(words) == said
