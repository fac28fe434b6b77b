import pytest

from trunkline.sip import spoken


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Q.850;cause=102", "recovery on timer expiry (Q.850 cause 102)"),
        ('q.850 ; cause=16 ; text="Terminated"', "Terminated (q.850 cause 16)"),
        (r'Q.850;cause=21;text="screened: \"no, thanks\""', 'screened: "no, thanks" (Q.850 cause 21)'),
        ("Q.850;cause=99", "Q.850 cause 99"),
        ('SIP;cause=200;text="Call completed elsewhere"', "Call completed elsewhere (SIP 200)"),
        ('SIP;cause=486;text="a, b; c",Q.850;cause=17', "a, b; c (SIP 486), user busy (Q.850 cause 17)"),
        ("it lasted 45 s, the longest that a call may", "it lasted 45 s, the longest that a call may"),
        ("no audio from the caller for 600 s", "no audio from the caller for 600 s"),
        ("SIP;cause=x", "SIP;cause=x"),
        ("", ""),
    ],
)
def test_a_reason_is_read(header, words):
    assert spoken.reason(header) == words


@pytest.mark.parametrize(
    ("warning", "reason", "words"),
    [
        ("", "", ""),
        ('399 sbc.example "Trunk group is full"', "", "Trunk group is full"),
        (
            '304 a "one", 399 b:5060 "two \\"2\\""',
            "Q.850;cause=34",
            'one; two "2"; no circuit available (Q.850 cause 34)',
        ),
        ("no warning at all", "", ""),
    ],
)
def test_both_headers_are_put_together(warning, reason, words):
    assert spoken.of(warning, reason) == words


@pytest.mark.parametrize(
    "nonsense", ["a" + ";" * 60 + '"', "a" * 999, 'a;"' * 300, " " * 999, ";" * 32_000, '399 a "' * 2000, ';a="' * 2000]
)
def test_nonsense_takes_no_time(nonsense):
    """A worker reads what a party wrote; going back over it, it would read the first of these for years."""
    assert spoken.reason(nonsense) == nonsense
    assert len(spoken.of(nonsense, "")) <= len(nonsense)
    assert spoken.of("", nonsense) == nonsense
