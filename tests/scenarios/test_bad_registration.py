"""REGISTERs that cannot be kept: each is refused in words that tell what to write, and what was there stays."""

import pytest

pytestmark = pytest.mark.engines

ONE = ("Contact", "<sip:a@192.0.2.1>")


async def register(edge, ua, key, headers):
    record = f"<sip:{key.name}@{edge.domain}>"
    return await ua.request(
        "REGISTER", f"sip:{edge.domain}", edge.udp,
        caller=record, callee=record, user=key.name, secret=key.secret, headers=headers,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ([("Contact", "*")], "it must be alone, with Expires: 0"),
        ([("Contact", "*"), ("Expires", "60")], "it must be alone, with Expires: 0"),
        ([ONE, ("Contact", "*"), ("Expires", "0")], "it must be alone, with Expires: 0"),
        ([("Contact", "<sip:a@192.0.2.1>, *"), ("Expires", "0")], "SIP URIs in angle brackets"),
        ([("Contact", "<tel:+447700900000>")], "SIP URIs in angle brackets"),
        ([("Contact", "<sip:a@192.0.2.1")], "SIP URIs in angle brackets"),
        ([("Contact", "nonsense")], "SIP URIs in angle brackets"),
        ([("Contact", "<sip:a@192.0.2.1:99999>")], "SIP URIs in angle brackets"),
        ([("Contact", f"<sip:{'a' * 600}@192.0.2.1>")], "longer than 512 characters"),
        ([("Contact", "<sip:a@192.0.2.1>;q=1.5")], "q in Contact must be a number from 0 to 1"),
        ([("Contact", "sip:a@192.0.2.1;q=1.5")], "q in Contact must be a number from 0 to 1"),
        ([ONE, ("Expires", "4294967296")], "Expires must be at most 4294967295"),
        ([ONE] * 11, "more than 10 Contacts"),
    ],
)
async def test_what_cannot_be_kept_is_refused_in_words(edge, agent, headers, words):
    key, ua = edge.key(), await agent()
    assert (await register(edge, ua, key, [("Contact", ua.contact_for(edge.udp, key.name))])).code == 200
    response = await register(edge, ua, key, headers)
    assert (response.code, words in response.warning) == (400, True), response
    [kept] = (await register(edge, ua, key, [])).all("Contact")
    assert ua.address in kept


async def test_an_extension_that_is_demanded_and_not_known(edge, agent):
    key, ua = edge.key(), await agent()
    response = await register(edge, ua, key, [ONE, ("Require", "path, outbound"), ("Require", "gruu")])
    assert (response.code, response.get("Unsupported")) == (420, "outbound, gruu")
    assert "'outbound, gruu' is not supported" in response.warning
    assert (await register(edge, ua, key, [ONE, ("Require", "path")])).code == 200


async def test_a_stranger_is_asked_for_credentials_first(edge, agent):
    ua = await agent()
    response = await ua.request("REGISTER", f"sip:{edge.domain}", edge.udp, headers=[("Contact", "nonsense")])
    assert (response.code, response.warning) == (401, "")


@pytest.mark.parametrize(
    "contact",
    ["<sip:a@192.0.2.1>;q=0.7;expires=120", '"Front, desk" <sip:a@192.0.2.1:5062>', "sip:a@192.0.2.1;transport=udp",
     "sip:a@192.0.2.1 ; expires=60",
     "<sip:a@192.0.2.1>, <sip:a@192.0.2.1:5070>", '<sip:a@192.0.2.1>;+sip.instance="<urn:uuid:1>";q=1.000'],
)  # fmt: skip
async def test_what_people_write_is_kept(edge, agent, contact):
    key, ua = edge.key(), await agent()
    assert (await register(edge, ua, key, [("Contact", contact)])).code == 200
