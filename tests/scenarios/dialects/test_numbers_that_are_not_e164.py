"""What some systems dial by their factory settings is no E.164 number, or one of another country: 404 with words."""

import pytest

from scenarios.dialects.speaking import place

pytestmark = pytest.mark.engines

DIALLED = {
    "nec-plus-1-before-international": ("nec-invite.sip", "sip:+1011442071234567@{d}"),
    "shoretel-seven-digits-for-the-local-area": ("shoretel-invite.sip", "sip:3120140;phone-context=206@{d}"),
    "shoretel-seven-digits-alone": ("shoretel-invite.sip", "sip:3120140@{d}"),
    "cucm-access-code-not-discarded": ("cube-invite.sip", "sip:8447700900000@{d}"),
    "mitel-access-code-not-absorbed": ("mitel-invite.sip", "sip:901144207@{d}"),
    "avaya-international-prefix": ("avaya-invite.sip", "sip:011442071234567@{d}"),
}


@pytest.mark.parametrize("case", DIALLED)
async def test_it_is_404_and_the_record_says_why(edge, agent, case):
    name, uri = DIALLED[case]
    key, ua = edge.key(), await agent()

    def dial(request):
        request.uri = uri.format(d=edge.domain)

    call = await place(edge, ua, key, name, "999500000001", also=dial)
    response = await call.final()
    events = await edge.events("reject", key=key.name)
    assert events[0]["warning"].replace('"', "'") == response.warning
    assert response.code == 404, events


async def test_a_caller_id_without_its_country_code_is_no_number_of_the_account(edge, agent):
    """ShoreTel and NEC may send ten digits: what could be another country's number is refused, where only own ones may
    be shown, with the number in the words."""
    account = edge.account(caller_id="owned")
    edge.number(account_id=account, e164="12063120140")
    ua, carrier = await agent(), await agent()
    prefix = edge.route(edge.carrier(carrier.address, carrier.port()))
    values = {"caller": "2063120140"}
    call = await place(edge, ua, edge.key(account), "shoretel-invite.sip", f"{prefix}001", values=values)
    response = await call.final()
    assert response.code == 403
    assert "2063120140" in response.warning
    assert (await edge.events("reject", called=f"{prefix}001"))[0]["warning"] == response.warning


async def test_the_key_as_caller_id_is_403_and_the_words_show_it(edge, agent):
    """NEC: without a calling party number (21-19, 21-17) the From user is the registration's."""
    key, ua, carrier = edge.key(), await agent(), await agent()
    prefix = edge.route(edge.carrier(carrier.address, carrier.port()))
    call = await place(edge, ua, key, "nec-invite.sip", f"{prefix}001", values={"caller": key.name})
    response = await call.final()
    assert response.code == 403
    assert key.name in response.warning
    assert (await edge.events("reject", called=f"+{prefix}001"))[0]["warning"].replace('"', "'") == response.warning
