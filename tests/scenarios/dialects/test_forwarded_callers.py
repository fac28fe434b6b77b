"""A PBX that forwards a call shows its first caller: an account that is held to its own numbers may do so where one
of them stands in Diversion (Asterisk, Avaya, ShoreTel) or History-Info (Skype for Business, Avaya)."""

import pytest

from scenarios.dialects.speaking import answered, call_out, ended, place

pytestmark = pytest.mark.engines

STRANGER = "12145550100"
WRITTEN = {
    "asterisk": ("asterisk-invite.sip", [("Diversion", "<sip:{owned}@{domain}>;reason=unconditional")]),
    "shoretel": ("shoretel-invite.sip", [("Diversion", '"User" <sip:{owned}@{pbx}>;reason=no-answer;privacy=off')]),
    # As old PBXs write a name: in Latin-1, which is no UTF-8
    "latin-1": ("shoretel-invite.sip", [("Diversion", '"M\udcfcller" <sip:{owned}@{pbx}>;reason=no-answer')]),
    "avaya": ("avaya-invite.sip", [("Diversion", "<sip:+{owned}@avayalab.example>;reason=user-busy"),
                                   ("History-Info", "<sip:+{owned}@avayalab.example>;index=1")]),
    "sfb": ("oracle-invite.sip", [("History-Info", "<sip:+{owned}@sfb.example;user=phone?Reason=SIP%3Bcause%3D302>;"
                                                   "index=1.1,<sip:+{number}@{domain};user=phone>;index=1.2")]),
}  # fmt: skip


def forwarding(edge, system, owned):
    name, headers = WRITTEN[system]

    def forward(request):
        known = {"owned": owned, "domain": edge.domain, "pbx": "203.0.113.9", "number": request.uri[5:18]}
        for header in dict(headers):
            request.remove(header)
        request.headers += [(header, value.format(**known)) for header, value in headers]

    return name, forward


@pytest.mark.parametrize("system", WRITTEN)
async def test_an_owned_number_vouches_for_the_first_caller(edge, agent, system):
    account = edge.account(caller_id="owned")
    owned = edge.number(account_id=account)
    name, forward = forwarding(edge, system, owned)
    pair = await call_out(edge, agent, name, account=account, also=forward, values={"caller": STRANGER})
    assert f"sip:+{STRANGER}@{edge.domain}" in pair.far.request.get("From")
    assert pair.far.request.all("Diversion") == [f"<sip:+{owned}@{edge.domain}>"]
    assert not pair.far.request.get("History-Info")
    await (await answered(pair)).talk()
    assert (await ended(pair))[0]["caller"] == STRANGER


@pytest.mark.parametrize("setting", ["owned", "any"])
async def test_nec_forwards_without_a_word_of_it(edge, agent, setting):
    """No Diversion, and +1 before the first caller: for an account that is held to its own numbers a stranger's."""
    account = edge.account(caller_id=setting)
    key, values = edge.key(account), {"caller": f"1{STRANGER}"}
    if setting == "any":
        pair = await call_out(edge, agent, "nec-invite.sip", key=key, values=values)
        assert f"sip:+1{STRANGER}@{edge.domain}" in pair.far.request.get("From")
        await (await answered(pair)).talk()
        assert (await ended(pair))[0]["caller"] == f"1{STRANGER}"
        return
    carrier = await agent(name="far")
    called = edge.route(edge.carrier(carrier.address, carrier.port())) + "001"
    call = await place(edge, await agent(name="pbx"), key, "nec-invite.sip", called, values=values)
    response = await call.final()
    assert response.code == 403
    assert "Diversion or History-Info" in response.warning
    assert (await edge.events("reject", called=f"+{called}"))[0]["warning"] == response.warning


async def test_without_such_a_number_it_is_refused_in_words(edge, agent):
    """That a History-Info ends with the number that is called now vouches for nobody, also where that is an own one."""
    account, pbx = edge.account(caller_id="owned"), await agent(name="pbx")
    number = edge.number("sip:1234@192.0.2.1", account_id=account)
    call = await place(edge, pbx, edge.key(account), "oracle-invite.sip", number, values={"caller": STRANGER})
    response = await call.final()
    assert response.code == 403
    assert "Diversion or History-Info" in response.warning
    events = await edge.events("reject", called=f"+{number}")
    assert events[0]["warning"] == response.warning
