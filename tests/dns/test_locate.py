"""RFC 3263 §4, with the name servers' answers made up."""

from types import SimpleNamespace

import pytest

from trunkline.dns.locate import MAX_SERVERS, MAX_TARGETS, Target, locate
from trunkline.dns.resolver import Unanswered


class Asker:
    """Answers from a table: (name, kind) -> (records, ttl), or Unanswered; anything else: there is none, TTL 60."""

    def __init__(self, table):
        self.table, self.asked = table, []

    async def ask(self, name, kind):
        self.asked.append((name, kind))
        answer = self.table.get((name, kind), ([], 60))
        if answer is Unanswered:
            raise Unanswered(f"no name server answers for {name}")
        return answer


def a(*addresses, ttl=300):
    return [SimpleNamespace(address=address) for address in addresses], ttl


def srv(*records, ttl=300):
    class Name(str):
        def to_text(self, omit_final_dot):
            return self.rstrip(".")

    fields = ("priority", "weight", "port", "target")
    return [SimpleNamespace(**dict(zip(fields, (*r[:3], Name(r[3])), strict=True))) for r in records], ttl


async def test_a_given_port_rules_srv_out():
    asker = Asker({("pbx.example", "A"): a("192.0.2.1", "192.0.2.2"), ("_sip._udp.pbx.example", "SRV"): srv()})
    found = await locate(asker, "pbx.example", 5080, "udp", ipv6=False)
    assert found.targets == [Target("192.0.2.1", 5080, 0, 0), Target("192.0.2.2", 5080, 0, 0)]
    assert asker.asked == [("pbx.example", "A")]


@pytest.mark.parametrize(
    ("transport", "service", "port"),
    [("udp", "_sip._udp", 5060), ("tcp", "_sip._tcp", 5060), ("tls", "_sips._tcp", 5061)],
)
async def test_srv_first_then_the_default_port(transport, service, port):
    table = {("pbx.example", "A"): a("192.0.2.1")}
    asker = Asker(table)
    found = await locate(asker, "pbx.example", 0, transport, ipv6=False)
    assert found.targets == [Target("192.0.2.1", port, 0, 0)]
    assert asker.asked == [(f"{service}.pbx.example", "SRV"), ("pbx.example", "A")]
    assert found.ttl == 60  # the SRV record may appear before the address goes


async def test_srv_keeps_priorities_weights_and_ports():
    table = {
        ("_sip._udp.example.net", "SRV"): srv((20, 5, 5070, "b.example.net."), (10, 60, 5060, "a.example.net.")),
        ("a.example.net", "A"): a("192.0.2.1", "192.0.2.3", ttl=120),
        ("b.example.net", "A"): a("192.0.2.2"),
    }
    found = await locate(Asker(table), "example.net", 0, "udp", ipv6=False)
    assert found.targets == [
        Target("192.0.2.1", 5060, 10, 60),
        Target("192.0.2.3", 5060, 10, 60),
        Target("192.0.2.2", 5070, 20, 5),
    ]
    assert (found.problem, found.ttl) == ("", 120)
    # A server that is moved to another machine is followed when the SRV record says so, however long addresses last.
    table["_sip._udp.example.net", "SRV"] = srv((10, 60, 5060, "a.example.net."), ttl=20)
    assert (await locate(Asker(table), "example.net", 0, "udp", ipv6=False)).ttl == 20


async def test_a_service_that_is_decidedly_not_available():
    table = {("_sip._udp.example.net", "SRV"): srv((0, 0, 0, ".")), ("example.net", "A"): a("192.0.2.1")}
    found = await locate(Asker(table), "example.net", 0, "udp", ipv6=False)
    assert found.targets == []
    assert found.problem == "example.net says in its SRV record that it takes no SIP over udp"


async def test_no_record_at_all_says_so():
    found = await locate(Asker({}), "nowhere.example", 0, "udp", ipv6=False)
    assert (found.targets, found.problem) == ([], "nowhere.example has no A record in DNS")
    found = await locate(Asker({}), "nowhere.example", 0, "udp", ipv6=True)
    assert found.problem == "nowhere.example has no AAAA record in DNS"


@pytest.mark.parametrize(("ipv6", "address"), [(False, "192.0.2.1"), (True, "2001:db8::1")])
async def test_only_addresses_of_the_nodes_own_kind_are_asked_for(ipv6, address):
    """As it calls no others; and name servers that say nothing of the other kind are many (RFC 4074)."""
    table = {
        ("pbx.example", "A"): a(*(f"192.0.2.{n}" for n in range(1, 40))),
        ("pbx.example", "AAAA"): a("2001:db8::1"),
    }
    table["pbx.example", "A" if ipv6 else "AAAA"] = Unanswered
    found = await locate(Asker(table), "pbx.example", 5060, "udp", ipv6)
    assert found.targets[0] == Target(address, 5060, 0, 0)


async def test_an_unanswered_question_is_not_an_answer():
    with pytest.raises(Unanswered):
        await locate(Asker({("_sip._udp.pbx.example", "SRV"): Unanswered}), "pbx.example", 0, "udp", ipv6=False)
    with pytest.raises(Unanswered):
        await locate(Asker({("pbx.example", "A"): Unanswered}), "pbx.example", 5060, "udp", ipv6=False)


async def test_one_unanswered_server_does_not_cost_the_others():
    table = {
        ("_sip._udp.example.net", "SRV"): srv((10, 0, 5060, "a.example.net."), (20, 0, 5060, "b.example.net.")),
        ("a.example.net", "A"): Unanswered,
        ("b.example.net", "A"): a("192.0.2.2"),
    }
    found = await locate(Asker(table), "example.net", 0, "udp", ipv6=False)
    assert found.targets == [Target("192.0.2.2", 5060, 20, 0)]
    assert found.ttl == 0
    table["b.example.net", "A"] = ([], 60)
    with pytest.raises(Unanswered):
        await locate(Asker(table), "example.net", 0, "udp", ipv6=False)


async def test_a_server_that_nobody_answers_for_is_where_it_was():
    table = {
        ("_sip._udp.example.net", "SRV"): srv((10, 0, 5060, "a.example.net."), (20, 0, 5060, "b.example.net.")),
        ("a.example.net", "A"): a("192.0.2.1"),
        ("b.example.net", "A"): a("192.0.2.2"),
    }
    known = {}
    first = await locate(Asker(table), "example.net", 0, "udp", False, known)
    table |= {("a.example.net", "A"): Unanswered, ("b.example.net", "A"): a("192.0.2.3")}
    found = await locate(Asker(table), "example.net", 0, "udp", False, known)
    assert found.targets == [first.targets[0], Target("192.0.2.3", 5060, 20, 0)]
    assert found.ttl == 0
    assert (await locate(Asker(table), "example.net", 0, "udp", False, known)).targets == found.targets
    # Some name servers give back a name in other letters each time.
    table["_sip._udp.example.net", "SRV"] = srv((10, 0, 5060, "a.EXAMPLE.net."), (20, 0, 5060, "B.example.net."))
    assert (await locate(Asker(table), "example.net", 0, "udp", False, known)).targets == found.targets
    # What its owner has taken away is not kept.
    table["_sip._udp.example.net", "SRV"] = srv((20, 0, 5060, "b.example.net."))
    await locate(Asker(table), "example.net", 0, "udp", False, known)
    table["_sip._udp.example.net", "SRV"] = srv((5, 0, 5060, "a.example.net."), (20, 0, 5060, "b.example.net."))
    found = await locate(Asker(table), "example.net", 0, "udp", False, known)
    assert found.targets == [Target("192.0.2.3", 5060, 20, 0)]


async def test_a_huge_srv_answer_is_cut_to_its_best():
    records = [(priority, 0, 5060, f"h{priority}.example.") for priority in range(200)]
    table = {("_sip._udp.example.net", "SRV"): srv(*reversed(records))}
    table |= {(f"h{n}.example", "A"): a(f"192.0.2.{n}") for n in range(200)}
    found = await locate(Asker(table), "example.net", 0, "udp", ipv6=False)
    assert [target.priority for target in found.targets] == list(range(MAX_SERVERS))


async def test_an_address_that_several_servers_have_is_called_once():
    """Or each time would get its share of the URI's timeout, and the PBX an INVITE after the other."""
    table = {
        ("_sip._udp.example.net", "SRV"): srv(
            (20, 5, 5060, "backup.example."),
            (10, 5, 5060, "a.example."),
            (10, 9, 5060, "b.example."),
            (10, 5, 5070, "a.example."),
        ),
        ("a.example", "A"): a("192.0.2.1"),
        ("b.example", "A"): a("192.0.2.1", "192.0.2.2"),
        ("backup.example", "A"): a("192.0.2.2"),
    }
    found = await locate(Asker(table), "example.net", 0, "udp", ipv6=False)
    assert found.targets == [
        Target("192.0.2.1", 5060, 10, 14),
        Target("192.0.2.2", 5060, 10, 9),
        Target("192.0.2.1", 5070, 10, 5),
    ]


@pytest.mark.parametrize("port", [0, 5070])
async def test_a_name_of_very_many_addresses_is_cut_to_the_first(port):
    many = a(*(f"192.0.2.{n}" for n in range(200)))
    table = {("_sip._udp.example.net", "SRV"): srv((1, 0, 5060, "h.example."), (2, 0, 5060, "h.example."))}
    table |= {("h.example", "A"): many, ("example.net", "A"): many}
    found = await locate(Asker(table), "example.net", port, "udp", ipv6=False)
    assert [target.ip for target in found.targets] == [f"192.0.2.{n}" for n in range(MAX_TARGETS)]
