"""Questions to the store: answered by index, remembered until it changes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from trunkline.edge.lookup import Lookup, _networks


def test_a_key_brings_its_account_and_both_secrets(world, lookup):
    key = world.key()
    rows = [
        {"key_id": key.id, "key": key.name, "slot": slot, "account_id": key.account_id,
         "ha1_md5": f"m{slot}", "ha1_sha256": f"s{slot}"}
        for slot in (1, 2)
    ]  # fmt: skip
    world.put("key", key.id, {"credential": rows})
    found = lookup.credential(key.name)
    assert found.account.id == key.account_id
    assert found.secrets == ({"MD5": "m1", "SHA-256": "s1"}, {"MD5": "m2", "SHA-256": "s2"})
    assert lookup.credential("nobody") is None


def test_a_key_whose_account_is_gone_is_no_key(world, lookup):
    key = world.key()
    world.delete("account", key.account_id)
    assert lookup.credential(key.name) is None


def test_an_answer_is_remembered_until_the_store_changes(world, lookup):
    account = world.account()
    lookup.refresh()
    assert lookup.number("99940000001") is None
    world.number("sip:1@192.0.2.9", account, e164="99940000001")
    assert lookup.number("99940000001") is None
    lookup.refresh()
    assert lookup.number("99940000001").account.id == account


@pytest.mark.parametrize(
    ("ip", "expected"), [("192.0.2.7", "narrow"), ("192.0.2.200", "wide"), ("192.0.3.1", None), ("2001:db8::5", "six")]
)
def test_the_narrowest_network_wins(world, lookup, ip, expected):
    owners = {
        world.account(sources=("192.0.2.0/24",)): "wide",
        world.account(sources=("192.0.2.0/28",)): "narrow",
        world.account(sources=("2001:db8::/64",)): "six",
    }
    assert owners.get(lookup.source(ip, 5060, "account")) == expected
    assert lookup.source(ip, 5060, "carrier") is None


def test_a_source_with_a_port_is_only_that_port(world, lookup):
    row = {"network": "192.0.2.7/32", "port": 5070, "owner_kind": "carrier", "owner_id": 9}
    world.put("carrier", 9, {"source": [row]})
    assert lookup.source("192.0.2.7", 5070, "carrier") == 9
    assert lookup.source("192.0.2.7", 5060, "carrier") is None


def test_networks_are_written_as_the_store_has_them():
    assert _networks("192.0.2.7")[:3] == ["192.0.2.7/32", "192.0.2.6/31", "192.0.2.4/30"]
    assert len(_networks("192.0.2.7")) == 32
    assert _networks("2001:db8::5")[64] == "2001:db8::/64"


def test_the_longest_prefix_with_an_enabled_carrier(world, lookup):
    wide, narrow, off = (
        world.carrier("192.0.2.1", 0),
        world.carrier("192.0.2.2", 0),
        world.carrier("192.0.2.3", 0, enabled=0),
    )
    world.route(wide, prefix="44")
    world.route(narrow, prefix="447")
    world.route(off, prefix="4477")
    assert [r.carrier.id for r in lookup.routes("447700900000")] == [narrow]
    assert [r.carrier.id for r in lookup.routes("441700900000")] == [wide]
    assert lookup.routes("337700900000") == ()
    world.route(wide, prefix="")
    lookup.refresh()
    assert [r.carrier.id for r in lookup.routes("337700900000")] == [wide]


def test_a_prefix_that_is_refused(world, lookup):
    carrier, off = world.carrier("192.0.2.1", 0), world.carrier("192.0.2.3", 0, enabled=0)
    world.route(carrier, 0, prefix="44")
    world.route(off, prefix="4420")
    world.route(carrier, prefix="447")
    assert [r.carrier for r in lookup.routes("442071234567")] == [None]
    assert [r.carrier.id for r in lookup.routes("447700900000")] == [carrier]


def test_a_name_that_nobody_resolved_says_so(lookup):
    resolution = lookup.resolution("pbx.example", 0, "udp")
    assert resolution.targets == ()
    assert "pbx.example" in resolution.problem


def test_a_resolved_name(world, lookup):
    world.resolution("pbx.example", [["192.0.2.1", 5060, 10, 60]])
    assert lookup.resolution("pbx.example", 0, "udp").targets == (("192.0.2.1", 5060, 10, 60),)


def test_the_forward_list_comes_in_order(world, lookup):
    number = world.number("sip:a@192.0.2.1,sip:b@192.0.2.2")
    assert [target["user"] for target in lookup.number(number).forward] == ["a", "b"]
    assert json.dumps(lookup.number(number).forward[0])


def test_what_is_too_long_for_a_key_is_not_kept_in_memory(lookup):
    assert lookup.credential("x" * 60_000) is None
    assert not lookup._memory._answers.get("credential")


NODE = """
import sys
from trunkline.contract import store

connection = store.open_writer(sys.argv[1])
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_store_that_is_deleted_before_the_first_request_still_answers(config):
    """A Kamailio worker that has been idle so far; the writer is another process, as the node is."""
    command = [sys.executable, "-c", NODE, config.store]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PYTHONPATH": "src"}) as node:
        assert node.stdout.readline() == b"ready\n"
        idle = Lookup(config.store)
        for path in Path(config.store).parent.glob("edge.db*"):
            path.unlink()
        idle.refresh()
        assert idle.number("99940000001") is None
        node.stdin.close()


def test_a_carrier_is_where_it_is_called_and_where_it_calls_from(world, lookup):
    """Its credentials go nowhere else."""
    plain = world.carrier("192.0.2.50", 5060, sources=("198.51.100.0/28",))
    named = world.carrier("carrier.example", 0, sources=(), transport="tcp")
    world.resolution("carrier.example", [["192.0.2.77", 5060, 1, 1], ["192.0.2.78", 5060, 2, 1]], transport="tcp")
    world.resolution("carrier.example", [["192.0.2.79", 5060, 1, 1]])
    hosts = ("192.0.2.50", "198.51.100.9", "192.0.2.77", "192.0.2.78", "192.0.2.79", "192.0.2.51", "carrier.example")
    lookup.refresh()
    found = {id_: [host for host in hosts if lookup.is_at(lookup.carrier(id_), host)] for id_ in (plain, named)}
    assert found == {plain: ["192.0.2.50", "198.51.100.9"], named: ["192.0.2.77", "192.0.2.78"]}
