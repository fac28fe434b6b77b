"""How numbers may be written, and what is refused: recipients (404), caller IDs (403), and who may show which."""

import pytest

from harness import placing
from trunkline.sandbox.message import Request

pytestmark = pytest.mark.engines


@pytest.fixture
def trunk(edge):
    """Makes a carrier and a route to it: (agent, prefix)."""

    async def make(agent):
        far = await agent()
        return far, edge.route(edge.carrier(far.address, far.port()))

    return make


@pytest.mark.parametrize(
    "template",
    [
        "sip:{n}@{d}",
        "sip:+{n}@{d}",
        "sip:00{n}@{d}",
        "sip:+{n}@{d};user=phone",
        "sip:+9-9(9){r}@{d}",
        "sip:%2B{n}@{d}",
        "sip:+9%20{s}@{d}",
        "sip:+{n};ext=12@{d};user=phone",
        "sips:+{n}@{d}",
        "tel:+{n}",
        "tel:+9-{s};isub=1",
        "sip:+{n}@192.0.2.1:5099;transport=udp",
    ],
)
async def test_a_recipient_may_be_written_in_many_ways(edge, agent, trunk, template):
    (far, prefix), key, ua = await trunk(agent), edge.key(), await agent()
    number = f"{prefix}001"
    uri = template.format(n=number, d=edge.domain, r=number[3:], s=number[1:])
    call, incoming = await placing.answered(edge, ua, far, key, "", uri=uri, callee=f"<{edge.uri(number)}>")
    assert incoming.user == number
    assert incoming.request.uri.startswith(f"sip:{number}@{far.address}")
    await placing.hang_up(call, incoming)
    events = await edge.events("end", called=number)
    assert events[0]["called"] == number


@pytest.mark.parametrize(
    ("user", "seen"),
    [
        ("1001", "1001"),
        ("alice", "alice"),
        ("07700900000", "07700900000"),
        ("+0447700900000", "+0447700900000"),
        ("4477009000001234", "4477009000001234"),
        ("447700900%00001", "447700900\x00001"),
        ("+4477'%20OR%201=1--", "+4477' OR 1=1--"),
        ("%0d%0aX-Injected%3a%201", "\r\nX-Injected: 1"),
        ("%22%5c%22quoted", '"\\"quoted'),
        ("%ff%fe", "��"),
        ("9" * 1500, "9" * 1500),
        ("%d9%a1%d9%a2%d9%a3%d9%a4%d9%a5%d9%a6%d9%a7", "١٢٣٤٥٦٧"),  # digits, but not ASCII ones
    ],
)
async def test_what_is_no_e164_number_is_404(edge, agent, user, seen):
    key, ua = edge.key(), await agent()
    response = await placing.refused(edge, ua, key, user, callee="<sip:anybody@example.net>")
    assert response.code == 404
    assert "E.164" in response.warning
    assert response.get("X-Injected") is None
    events = await edge.events("reject", key=key.name)
    assert [(event["event"], event["code"], event["called"]) for event in events] == [("reject", 404, seen)]
    assert "E.164" in events[0]["warning"]


LOCAL = ["tel:2071234567;phone-context=+44", "sip:2071234567;phone-context=+44@{d};user=phone",
         "sip:2071234567;Phone-Context=pbx.example@{d}", "sip:2071234567@{d};user=phone;phone-context=+44",
         "sip:1001;ext=5@{d};user=phone"]  # fmt: skip


@pytest.mark.parametrize("template", LOCAL)
@pytest.mark.parametrize("known", ["key", "source"])
async def test_a_local_number_is_404_and_calls_no_other_country(edge, agent, template, known):
    ua = await agent()
    account = edge.account(sources=(ua.address,) if known == "source" else ())
    key, uri = edge.key(account), template.format(d=edge.domain)
    response = await placing.refused(edge, ua, key if known == "key" else None, "", uri=uri, callee=f"<{uri}>")
    assert response.code == 404
    assert "E.164" in response.warning


async def test_a_request_uri_without_a_user_is_404(edge, agent):
    key, ua = edge.key(), await agent()
    response = await placing.refused(edge, ua, key, "", uri=f"sip:{edge.domain}")
    assert response.code == 404
    assert "E.164" in response.warning


@pytest.mark.parametrize(
    "caller",
    ["sip:1001@pbx.example", "sip:pbx.example", "sip:anonymous@anonymous.invalid",
     "sip:07700900000@pbx.example", "tel:1001", "sip:%22;DROP%20TABLE@pbx.example", "tel:7700900000;phone-context=+44",
     "sip:7700900000;phone-context=+44@pbx.example;user=phone"],
)  # fmt: skip
async def test_a_caller_id_that_is_no_e164_number_is_403(edge, agent, trunk, caller):
    (far, prefix), key, ua = await trunk(agent), edge.key(), await agent()
    response = await placing.refused(edge, ua, key, f"+{prefix}001", caller=f"<{caller}>")
    assert response.code == 403
    assert "caller ID" in response.warning
    events = await edge.events("reject", key=key.name)
    assert (events[0]["code"], events[0]["warning"].replace('"', "'")) == (403, response.warning)
    assert not far.calls


@pytest.mark.parametrize(
    "caller",
    ["<sip:+447700900000@pbx.example>", "<sip:447700900000@pbx.example>", "sip:00447700900000@pbx.example",
     '"The \\"Boss\\", Ltd; x" <sip:+44-7700-900000@pbx.example;user=phone>', "<tel:+44-7700-900000>",
     "<sip:%2B447700900000@[2001:db8::1]>"],
)  # fmt: skip
async def test_a_caller_id_may_be_written_in_many_ways(edge, agent, trunk, caller):
    (far, prefix), key, ua = await trunk(agent), edge.key(), await agent()
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001", caller=caller)
    assert incoming.caller.uri == f"sip:+447700900000@{edge.domain}"
    await placing.hang_up(call, incoming)
    events = await edge.events("end", called=f"{prefix}001")
    assert events[0]["caller"] == "447700900000"


async def test_an_account_may_be_held_to_its_own_numbers(edge, agent, trunk):
    (far, prefix), ua = await trunk(agent), await agent()
    account = edge.account(caller_id="owned")
    key, owned, foreign = edge.key(account), edge.number(account_id=account), edge.number()
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001", caller=f"<sip:{owned}@pbx.example>")
    assert incoming.caller.uri == f"sip:+{owned}@{edge.domain}"
    await placing.hang_up(call, incoming)

    for stranger in (foreign, "447700900000"):
        response = await placing.refused(edge, ua, key, f"+{prefix}002", caller=f"<sip:+{stranger}@pbx.example>")
        assert response.code == 403
        assert stranger in response.warning
        events = await edge.events("reject", called=f"+{prefix}002")
        assert events[0]["warning"] == response.warning


@pytest.mark.parametrize(
    "written",
    ["<sip:+{}@pbx.example>;reason=unconditional", "<sip:00{}@10.0.0.1>", "sip:{}@a", '"1" <SIPS:+{}@pbx.example>',
     "<tel:+{}>;reason=user-busy", "<tel:+{};phone-context=+44>;counter=1"],
)  # fmt: skip
async def test_a_diversion_by_an_owned_number_vouches_for_the_caller(edge, agent, trunk, written):
    (far, prefix), ua = await trunk(agent), await agent()
    account = edge.account(caller_id="owned")
    key, owned = edge.key(account), edge.number(account_id=account)
    call, incoming = await placing.answered(
        edge, ua, far, key, f"+{prefix}001", headers=[("Diversion", written.format(owned))]
    )
    assert incoming.caller.uri == f"sip:+447700900000@{edge.domain}"
    assert incoming.request.all("Diversion") == [f"<sip:+{owned}@{edge.domain}>"]
    await placing.hang_up(call, incoming)


async def test_the_second_of_several_diversions_may_vouch(edge, agent, trunk):
    (far, prefix), ua = await trunk(agent), await agent()
    account = edge.account(caller_id="owned")
    key, owned = edge.key(account), edge.number(account_id=account)
    both = f'"Desk, 2" <sip:2000@pbx.example>;reason=no-answer, <sip:+{owned}@pbx.example>;reason=unconditional'
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001", headers=[("Diversion", both)])
    assert incoming.request.all("Diversion") == [f"<sip:+{owned}@{edge.domain}>"]
    await placing.hang_up(call, incoming)


async def test_a_diversion_by_a_foreign_number_does_not_vouch(edge, agent, trunk):
    (far, prefix), ua = await trunk(agent), await agent()
    key = edge.key(edge.account(caller_id="owned"))
    foreign = edge.number()
    headers = [("Diversion", f"<sip:+{foreign}@pbx.example>")]
    response = await placing.refused(edge, ua, key, f"+{prefix}001", headers=headers)
    assert response.code == 403
    assert "Diversion" in response.warning
    assert not far.calls


async def test_bytes_that_are_no_utf8_cost_only_their_request(edge, agent, trunk):
    (far, prefix), key, ua = await trunk(agent), edge.key(), await agent()

    def spoil(request: Request):
        name, value = ("From", request.get("From"))
        request.set(name, value.replace("+447700900000", "+4477\udcff\udcfe"))

    response = await placing.refused(edge, ua, key, f"+{prefix}001", edit=spoil)
    assert response.code == 400
    assert "UTF-8" in response.warning
    assert not far.calls
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001")
    await placing.hang_up(call, incoming)


async def test_a_display_name_may_hold_any_bytes(edge, agent, trunk):
    (far, prefix), key, ua = await trunk(agent), edge.key(), await agent()
    caller = '"caf\udce9" <sip:+447700900000@pbx.example>'
    call, incoming = await placing.answered(edge, ua, far, key, f"+{prefix}001", caller=caller)
    assert incoming.caller.uri == f"sip:+447700900000@{edge.domain}"
    await placing.hang_up(call, incoming)
