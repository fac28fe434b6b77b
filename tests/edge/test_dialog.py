"""The proof in our Record-Route: what it lets through, and what not."""

import time

import pytest

from trunkline.edge.dialog import Dialog, Dialogs, name

CALL = "0123456789abcdef"


def route(dialogs, call=CALL, account=7, offered=True, plus="", legs="rs", call_id="id@host", tag="tag-1"):
    return f"sip:192.0.2.1;lr=on;ftag={tag}{dialogs.parameter(call, account, offered, plus, legs, call_id, tag)}"


def test_what_we_signed_is_ours_on_every_node():
    made = route(Dialogs("secret"))
    begun = int(time.time())
    found = Dialogs("secret").verify(made, "id@host")
    assert found == Dialog(CALL, 7, True, "", "tag-1", "rs", found.begun)
    assert found.begun in (begun, begun - 1)
    assert Dialogs("other").verify(made, "id@host") is None


@pytest.mark.parametrize("offered", [True, False])
def test_it_says_who_made_the_offer(offered):
    dialogs = Dialogs("secret")
    assert dialogs.verify(route(dialogs, offered=offered), "id@host").offered is offered


@pytest.mark.parametrize(("marked", "expected"), [("", 0), (";cs=1", 1), (";cs=5", 5), (";cs=12", 0), (";cs=x", 0)])
def test_it_says_how_far_the_callers_cseq_is_behind(marked, expected):
    dialogs = Dialogs("secret")
    assert dialogs.verify(route(dialogs).replace(";tl=", f"{marked};tl="), "id@host").shift == expected


@pytest.mark.parametrize("plus", ["", "+"])
def test_it_says_how_numbers_are_written(plus):
    dialogs = Dialogs("secret")
    assert dialogs.verify(route(dialogs, plus=plus), "id@host").plus == plus


@pytest.mark.parametrize(
    ("user", "plus", "expected"),
    [
        ("00447700900000", "+", "sip:+447700900000@sip.example"),
        ("+447700900000", "", "sip:447700900000@sip.example"),
        ("anonymous", "+", "sip:anonymous@sip.example"),
        ("", "+", "sip:sip.example"),
        ("a\r\nX: y@b>", "", "sip:a%0D%0AX:%20y%40b%3E@sip.example"),
    ],
)
def test_a_party_is_named_by_its_number_and_our_domain(user, plus, expected):
    assert name(user, plus, "sip.example").replace("%3A", ":") == expected


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.replace("tl=0123", "tl=0124"),
        lambda r: r.replace(".7.", ".8."),
        lambda r: r.replace(".edrs.", ".ldrs."),
        lambda r: r.replace(".edrs.", ".eprs."),
        lambda r: r.replace(".edrs.", ".edrr."),
        lambda r: r.replace("ftag=tag-1", "ftag=tag-2"),
        lambda r: r[:-1] + ("0" if r[-1] != "0" else "1"),
        lambda r: r[:-1],
        lambda r: r + "0",
        lambda r: r.replace(";tl=", ";tk="),
        lambda r: r.partition(";ftag")[0] + r[r.index(";tl") :],
        lambda r: "",
    ],
)
def test_any_change_proves_nothing(change):
    dialogs = Dialogs("secret")
    assert dialogs.verify(change(route(dialogs)), "id@host") is None


def test_another_calls_proof_does_not_serve():
    dialogs = Dialogs("secret")
    assert dialogs.verify(route(dialogs), "other@host") is None


def test_the_leg_of_whoever_speaks_comes_first():
    dialogs = Dialogs("secret")
    proven = dialogs.verify(route(dialogs, legs="rs", tag="tag-1"), "id@host")
    assert (proven.legs_from("tag-1"), proven.legs_from("the callee's")) == ("rs", "sr")
