"""Products > Numbers: finding, forwarding, and what is said of what people type."""

import time

import pytest

HX = {"HTTP_HX_REQUEST": "true"}
EDIT = "/numbers/447700900001/forward"


def update(browser, text, **options):
    return browser.post(EDIT, {"forward": text}, **options)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("sip:1@a.example", "sip:1@a.example"),
        ("sip:1@a.example , sip:2@b.example;transport=tls", "sip:1@a.example,sip:2@b.example;transport=tls"),
        ("sip:1@a.example\r\nsip:2@b.example", "sip:1@a.example,sip:2@b.example"),
        ("\nsip:1@a.example,\n\nsip:2@b.example\n", "sip:1@a.example,sip:2@b.example"),
        ("SIPS:1@A.example", "sip:1@a.example;transport=tls"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_what_is_typed_is_stored_in_one_form(owner, services, typed, stored):
    answer = update(owner, typed, **HX)
    assert answer.status_code == 200
    assert "Updated." in answer.content.decode()
    assert services.numbers.get("447700900001").forward == stored


def test_the_overview_leads_to_the_numbers_that_are_forwarded_nowhere(owner, services, cast):
    services.numbers.add("+447700900005", cast.owner)
    services.numbers.add("+447700900006")
    link = owner.get("/").content.decode().partition('are refused. <a href="')[2].partition('"')[0]
    page = owner.get(link).content.decode()
    assert "1 number not forwarded" in page
    assert 'id="number-447700900005"' in page
    services.numbers.forward(services.numbers.get("447700900005"), "sip:1@a.example")
    assert "Every number is forwarded" in owner.get(link).content.decode()


@pytest.mark.parametrize(
    ("typed", "entry", "fault", "said"),
    [
        ("1234@a.example", 1, "1234@a.example", "it does not start with &#x27;sip:&#x27;"),
        ("sip:1@a.example,\n  sip:2@b.example;timeout=1", 2, "sip:2@b.example;timeout=1", "from 2000 to 20000"),
        ("sip:1@a.example\nsip:2@b.example:99999\nsip:3@c.example", 2, "sip:2@b.example:99999", "is not a port"),
        ("sip:1@a.example,sip:x@sip.trunk.example", 2, "x@sip.trunk.example", "has no key &#x27;x&#x27;"),
    ],
)
def test_the_faulty_uri_is_pointed_at(owner, services, typed, entry, fault, said):
    for path, status in ((EDIT, 422), (f"{EDIT}/check", 200)):
        answer = owner.post(path, {"forward": typed}, **HX)
        page = answer.content.decode()
        assert answer.status_code == status
        assert f"URI {entry}:" in page
        assert f"<mark>{fault}</mark>" in page
        assert said in page
    assert services.numbers.get("447700900001").forward == "sip:owner@pbx.example"


def test_a_fault_of_the_list_as_a_whole_is_said(owner):
    for typed, said in (
        ("sip:1@a.example,,sip:2@b.example", "There is a comma with no URI beside it."),
        (",".join(f"sip:{n}@a.example" for n in range(100)), "There are 100 URIs; at most 20 are tried."),
        ("sip:1@a.example," * 1000, "16,000 characters; at most 10,000 are read"),
    ):
        answer = update(owner, typed, **HX)
        assert answer.status_code == 422
        assert said in answer.content.decode()


def test_a_key_of_the_account_is_its_registered_pbx(owner, stranger, cast, services):
    assert update(owner, f"sip:{cast.key}@sip.trunk.example").status_code == 302
    answer = update(owner, f"sip:{cast.stranger_key}@sip.trunk.example", **HX)
    assert answer.status_code == 422
    assert services.numbers.get("447700900001").forward == f"sip:{cast.key}@sip.trunk.example"


TWO = "sip:1@a.example,\nsip:2@b.example;transport=tls"


@pytest.mark.parametrize(
    ("control", "values", "text"),
    [
        ("up-2", {}, "sip:2@b.example;transport=tls,\nsip:1@a.example"),
        ("down-1", {}, "sip:2@b.example;transport=tls,\nsip:1@a.example"),
        ("up-1", {}, TWO),
        ("down-2", {}, TWO),
        ("remove-1", {}, "sip:2@b.example;transport=tls"),
        ("transport-1", {"transport-1": "tcp"}, "sip:1@a.example;transport=tcp,\nsip:2@b.example;transport=tls"),
        ("timeout-2", {"timeout-2": "2000"}, "sip:1@a.example,\nsip:2@b.example;timeout=2000;transport=tls"),
        ("apply", {"transport-2": "udp", "timeout-1": "8000"}, "sip:1@a.example;timeout=8000,\nsip:2@b.example"),
        ("add", {"add": " sip:3@c.example "}, f"{TWO},\nsip:3@c.example"),
        ("add", {"add": ""}, TWO),
        ("up-9", {}, TWO),
        ("up-0", {}, TWO),
        ("transport-1", {"transport-1": "sctp"}, TWO),
        ("timeout-1", {"timeout-1": "1"}, TWO),
        ("timeout-1", {"timeout-1": "9" * 5000}, TWO),
        ("explode", {}, TWO),
        ("", {}, TWO),
    ],
)
def test_the_controls_change_the_text_and_nothing_else(owner, services, control, values, text):
    answer = owner.post(f"{EDIT}/change", {"forward": TWO, "change": control} | values, **HX)
    assert answer.status_code == 200
    shown = answer.content.decode().partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0]
    assert shown == text
    assert services.numbers.get("447700900001").forward == "sip:owner@pbx.example"


def test_the_controls_leave_a_faulty_text_as_it_is(owner):
    answer = owner.post(f"{EDIT}/change", {"forward": "sip:1@a.example,nonsense", "change": "up-1"}, **HX)
    assert "sip:1@a.example,nonsense</textarea>" in answer.content.decode()
    assert owner.post(f"{EDIT}/change", {"forward": "x" * 90_000, "change": "up-1"}, **HX).status_code == 200


def test_it_works_without_a_script(owner):
    answer = update(owner, "sip:1@a.example")
    assert answer.headers["Location"] == "/numbers/447700900001"
    page = owner.get(answer.headers["Location"]).content.decode()
    assert "<html" in page
    assert "sip:1@a.example" in page
    refused = update(owner, "nonsense").content.decode()
    assert "<html" in refused
    assert 'aria-invalid="true"' in refused


def test_the_same_address_is_a_page_or_its_part(owner):
    for path, mark in (("/numbers/", "<ul"), ("/numbers/447700900001", "<li"), (EDIT, "<li")):
        assert "<html" in owner.get(path).content.decode()
        part = owner.get(path, **HX).content.decode()
        assert "<html" not in part
        assert mark in part


@pytest.mark.parametrize(
    "wanted", ["+447700900001", "0044 7700-900 001", "900001", "(7700) 900001", "+44\u00a07700\u00a0900001"]
)
def test_a_number_is_found_however_it_is_written(owner, wanted):
    assert "owner@pbx.example" in owner.get("/numbers/", {"q": wanted}).content.decode()


@pytest.mark.parametrize("wanted", ["alice", "<script>", "+0", "1" * 40, "４４", "' OR 1=1 --", "%"])
def test_what_is_no_number_is_said_to_be_none(owner, wanted):
    page = owner.get("/numbers/", {"q": wanted}).content.decode()
    assert "is not part of a telephone number" in page
    assert "owner@pbx.example" not in page
    assert "<script>" not in page.partition("</head>")[2]


@pytest.mark.parametrize("page", ["0", "-1", "99999999999999999999", "x", ""])
def test_a_page_that_is_none_is_the_nearest_one(owner, page):
    assert "owner@pbx.example" in owner.get("/numbers/", {"page": page}).content.decode()


@pytest.mark.parametrize("digits", ["447700900009", "x", "%00", "..", "447700900001%0a", "9" * 400])
def test_a_guessed_number_is_not_there(owner, digits):
    for path in (f"/numbers/{digits}", f"/numbers/{digits}/forward"):
        assert owner.get(path).status_code == 404


def test_html_in_a_list_is_text(owner, services):
    hostile = "sip:1@a.example,<img src=x onerror=alert(1)>"
    for path in (EDIT, f"{EDIT}/check"):
        page = owner.post(path, {"forward": hostile}, **HX).content.decode()
        assert "<img" not in page
        assert "&lt;img" in page


def test_a_field_of_ten_megabytes_is_refused(owner, services):
    answer = update(owner, "sip:1@a.example," * 625_000)
    assert answer.status_code == 413
    assert services.numbers.get("447700900001").forward == "sip:owner@pbx.example"


def test_the_warnings_of_the_command_are_here_too(owner):
    page = owner.post(f"{EDIT}/check", {"forward": "sip:1@a.example;media=srtp"}).content.decode()
    assert "add ;transport=tls" in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("sip:a@b", "sip:a@b"),
        ("sip:a@b\nsip:c@d", "sip:a@b,sip:c@d"),
        ("sip:a@b,\nsip:c@d\n", "sip:a@b, sip:c@d "),
        ("\n sip:a@b \n\n sip:c@d\n,\nsip:e@f", "  sip:a@b ,  sip:c@d , sip:e@f"),
        ("sip:a@b\r\n,sip:c@d\r\nsip:e@f", "sip:a@b ,sip:c@d,sip:e@f"),
    ],
)
def test_a_line_for_each_uri_is_a_list(services, typed, said):
    from trunkline.control.dashboard.numbers.form import one_line

    assert one_line(typed) == said


def test_lines_without_end_are_no_work_without_end(services):
    from trunkline.control.dashboard.numbers.form import one_line

    began = time.monotonic()
    assert one_line("\n" * 200_000) == " " * 200_000
    assert time.monotonic() - began < 10
