import pytest

from trunkline.sip.contact import are_plain_routes, first_uri, is_one_uri, is_plain, registration_fault, without_headers


@pytest.mark.parametrize(
    "value",
    [
        "<sip:pbx@192.0.2.1:5060>",
        "Pförtner <sip:pbx@192.0.2.1> ;expires=60",
        "<sip:192.0.2.1:5060;transport=udp>",
        "<sip:pbx@[2001:db8::1]>",
        "sip:pbx@192.0.2.1",
        "sip:pbx@192.0.2.1;transport=tcp",
        "sip:pbx@192.0.2.1 ; expires=60",
        '"Front desk, <1>" <sips:pbx@[2001:db8::1]:5061>;expires=60',
        "Front desk <SIP:a,b;c@pbx.example;ob>",
        '<sip:pbx@192.0.2.1>;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"',
        '"a \\" b" <sip:pbx@192.0.2.1>',
    ],
)
def test_one_that_can_be_called(value):
    assert is_one_uri(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "*",
        "<sip:a@192.0.2.1>, <sip:b@192.0.2.1>",
        "sip:a@192.0.2.1, sip:b@192.0.2.1",
        "<sip:pbx@192.0.2.1>0>",
        '<sip:p"bx@192.0.2.1>',
        '<sip:pbx@192.0."2.1>',
        ";lr <sip:pbx@192.0.2.1>",
        "<sip:pbx@192.0.2.1:65536>",
        "<sip:pbx@192.0.2.1:5060x>",
        "úsip:pbx@192.0.2.1>",
        "<s INVITE",
        "<tel:+447700900000>",
        "sip:pbx@192.0.2.1?Route=%3Csip:192.0.2.2%3E",
        "*<sip:pbx@192.0.2.1>",
        "* <sip:pbx@192.0.2.1>",
        "<sip:pbx@192.0.2.1",
        '"no end <sip:pbx@192.0.2.1>',
        "<sip:>" * 20_000,
        '"' * 20_001,
    ],
)
def test_what_leads_nowhere_or_to_two_places(value):
    assert not is_one_uri(value)


@pytest.mark.parametrize(
    ("values", "expires"),
    [([], ""), (["*"], "0"), (["*"], " 00 "), (["<sip:a@b.example>"], "4294967295"),
     (["<sip:a@b.example>, sip:c@d.example;q=0.1", "<sips:e@f.example>;q=1"], ""), (["sip:a@b.example;q=0.12"], "60"),
     (["sip:a@b.example ; q=0.12, <sip:c@d.example> ;q=1"], ""), (["<sip:a@b.example;q=2>"], "")],
)  # fmt: skip
def test_contacts_that_can_be_registered(values, expires):
    assert registration_fault(values, expires) == ""


@pytest.mark.parametrize(
    ("values", "expires"),
    [(["*"], ""), (["*"], "1"), (["*"], "-0"), (["*", "*"], "0"), (["<sip:a@b.example>,"], ""),
     (["<sip:a@b.example> <sip:c@d.example>"], ""), ([""], ""), (["<sip:a@b.example>;q=2"], ""),
     (["<sip:a@b.example>;q=0.1234"], ""), (["sip:a@b.example;q=2"], ""), (["sip:a@b.example ;q=2"], ""),
     (["<sip:a@b.example>; Q = x"], ""), (["<sip:a@b.example>"], "4294967296")],
)  # fmt: skip
def test_contacts_that_cannot(values, expires):
    assert registration_fault(values, expires)


@pytest.mark.parametrize(
    ("kept", "called"),
    [
        ("sip:pbx@192.0.2.1?Route=%3Csip:192.0.2.2%3E", "sip:pbx@192.0.2.1"),
        ("sip:why?@192.0.2.1:5062;ob", "sip:why?@192.0.2.1:5062;ob"),
        ("sip:192.0.2.1?Subject=x", "sip:192.0.2.1"),
    ],
)
def test_a_contact_is_called_without_header_fields(kept, called):
    assert without_headers(kept) == called


@pytest.mark.parametrize("end", ["", "\\"])
def test_quotes_that_are_never_closed_are_read_once(end):
    """Any callee's answer, and any customer's REGISTER, may have a Contact of 64 kB."""
    opened = '"' + '\\"' * 150_000 + end
    assert first_uri(opened) == ""
    assert first_uri(f"<sip:pbx@192.0.2.1>;x={opened}") == "sip:pbx@192.0.2.1"
    assert not is_one_uri(f"<sip:pbx@192.0.2.1>;x={opened}")


@pytest.mark.parametrize(
    "value",
    [
        "<sip:pbx@192.0.2.1>",
        "sip:pbx@192.0.2.1:5062",
        "\r\n <sips:pbx@[2001:db8::1]:5061;transport=tls;ob> ",
    ],
)
def test_what_can_be_hidden_as_it_is(value):
    assert is_plain(value)
    assert is_one_uri(value)


@pytest.mark.parametrize(
    ("value", "uri"),
    [
        ("sip:pbx@192.0.2.1;transport=tcp", "sip:pbx@192.0.2.1"),
        (" Front desk\r\n <sips:pbx@192.0.2.1> ;\r\n expires = 60 ; ob", "sips:pbx@192.0.2.1"),
        ('"Doe, John; <1>" <sip:pbx@[2001:db8::1]>;+sip.instance="<urn:uuid:1>"', "sip:pbx@[2001:db8::1]"),
        ('""<sip:pbx@192.0.2.1>', "sip:pbx@192.0.2.1"),
        ("<sip:pbx@192.0.2.1>;", "sip:pbx@192.0.2.1"),
        ("<sip:pbx@192.0.2.1> ;q=0.5;;x", "sip:pbx@192.0.2.1"),
        ('"a \\\\" <sip:pbx@192.0.2.1;ob>', "sip:pbx@192.0.2.1;ob"),
        ('<sip:pbx@192.0.2.1>;x="\\"c\\""', "sip:pbx@192.0.2.1"),
        ("sip:pbx@192.0.2.1;;", "sip:pbx@192.0.2.1"),
        ("<sip:a@192.0.2.1>, <sip:b@192.0.2.1>", "sip:a@192.0.2.1"),
        ("*<sip:pbx@192.0.2.1>", ""),
        ("* <sip:pbx@192.0.2.1>", ""),
        ("*", ""),
        ("", ""),
        ("<tel:+447700900000>", ""),
        ('"x <sip:pbx@192.0.2.1>', ""),
        ('<sip:p"bx@192.0.2.1>', ""),
    ],
)
def test_of_what_cannot_be_hidden_as_it_is_the_first_uri_is_taken(value, uri):
    assert not is_plain(value)
    assert first_uri(value) == uri


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("<sip:192.0.2.1;lr>", True),
        ('"a, b" <sip:192.0.2.1;lr> ; x=y,\r\n <sip:x@[2001:db8::1]:5061;lr=on;x=\xff\xa0>', True),
        ("<sip:192.0.2.1;lr>;", False),
        ("<sip:192.0.2.1;lr>,", False),
        ("sip:192.0.2.1;lr", False),
        ("<sip:192.0.2.1;lr>, sip:192.0.2.2", False),
        ('"\\\\" <sip:192.0.2.1;lr>', False),
        ("<sip:192.0.2.1;lr", False),
        ("<tel:+447700900000>", False),
    ],
)
def test_routes_that_can_be_hidden_as_they_are(value, plain):
    assert are_plain_routes(value) == plain
