"""Health: each fault of each part is found and named. The engines are stand-ins here; test_up has real ones."""

import json
import os
import re
import socket
import threading
import time

import pytest

from trunkline.home import Home
from trunkline.node import abilities, certificates, health, part, ports, probes, render, secrets
from trunkline.node.checks import Check, duration
from trunkline.node.supervise import NotRunning, Process
from trunkline.settings import Settings


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    for folder in (home.run, home.kamailio_run, home.node, home.tls, home.log):
        folder.mkdir()
    certificates.ensure(home.tls, "sip.example", ["127.0.0.1"])
    return home


@pytest.fixture
def check(home, monkeypatch):
    """Health of one part, with every process running unless told otherwise."""

    def ask(name: str, settings: Settings | None = None, **processes: str) -> Check:
        class Manager:
            def __init__(self, home):
                pass

            def processes(self):
                states = dict.fromkeys(("follow", "resolve", "ship", "clear", "beat"), "RUNNING") | processes
                return [Process(name, state, 1, 0, "Exited too quickly") for name, state in states.items()]

        monkeypatch.setattr(health, "Manager", Manager)
        return next(check for check in health.check(settings or Settings(home=home.root), home) if check.name == name)

    return ask


def says(home, name, **facts):
    defaults = {
        "follow": {"sequence": 5, "head": 5, "rebuilding": 0},
        "resolve": {"names": 1, "unanswered": 0, "never": 0, "stalest": 0.0, "reason": ""},
        "ship": {"waiting": 0, "shipped": 0, "damaged": 0},
        "clear": {"up": 0, "ended": 0},
        "beat": {"draining": False, "calls": 0},
        "publish": {"out": {}, "unseen": {}, "all_out": False, "cut_off": False, "waits_for": "", "changes": 0},
    }
    facts = {key: time.time() - 3700 if value is AGO else value for key, value in facts.items()}
    word = {"time": time.time(), "since": time.time(), "problem": ""} | defaults[name] | facts
    home.status(name).write_text(json.dumps(word))


AGO = "3700 s ago"  # counted when the test runs, which may be long after the file was read


@pytest.mark.parametrize(
    ("name", "facts", "ok", "text"),
    [
        ("follow", {}, True, "at change 5"),
        ("follow", {"head": 9}, True, "at change 5, 4 behind"),
        ("follow", {"followed": "the replica", "trouble": ""}, True, "at change 5"),
        ("follow", {"rebuilding": 7}, True, "the store is being filled: 7 rows so far"),
        ("follow", {"rebuilding": 7, "sequence": -1}, False, "the store is being filled: 7 rows so far"),
        ("follow", {"sequence": -1}, False, "the store is empty"),
        ("follow", {"problem": "gone"}, True, "at change 5"),  # a blip of less than 5 s
        ("follow", {"problem": "gone", "since": AGO}, False, "gone; for 1 h 1 min. Calls go on with what was known"),
        ("follow", {"problem": "gone", "since": 0}, False, "gone; since it started. Calls go on with what was known"),
        ("follow", {"time": AGO}, False, "it has been silent for 1 h 1 min: it hangs, or waits for the database"),
        ("resolve", {}, True, "1 host name"),
        ("resolve", {"problem": "disk full", "since": 0}, False, "disk full; since it started"),
        ("resolve", {"unanswered": 1, "never": 1, "reason": "timeout"}, False, "1 without an answer now (timeout)"),
        ("resolve", {"unanswered": 1, "stalest": 61.0, "reason": "timeout"}, True, "the oldest from 1 min 1 s ago"),
        ("resolve", {"unanswered": 1, "stalest": 7200.0}, False, "the oldest from 2 h 0 min ago"),
        ("ship", {"waiting": 12}, True, "12 bytes wait"),
        ("ship", {"damaged": 2}, True, "0 bytes wait; 2 damaged lines kept in damaged.jsonl"),
        ("ship", {"waiting": 12, "problem": "gone", "since": AGO}, False, "12 bytes wait, none is lost"),
        ("clear", {"up": 1, "ended": 2}, True, "1 call up; 2 ended by it"),
        ("clear", {"problem": "disk full", "since": AGO}, False, "disk full; for 1 h 1 min. Calls that die are not"),
    ],
)
def test_what_a_part_says_of_itself(home, check, name, facts, ok, text):
    says(home, name, **facts)
    found = check(name)
    assert (found.ok, text in found.text) == (ok, True), found


def test_a_node_may_start_with_a_filled_store_that_is_not_followed(home, check):
    says(home, "follow", problem="another database", since=0)
    assert check("follow").serves
    says(home, "follow", problem="another database", since=0, sequence=-1)
    assert not check("follow").serves


@pytest.mark.parametrize(
    ("facts", "ok", "text"),
    [
        ({}, True, "every endpoint is in DNS"),
        ({"out": {"eu1 192.0.2.1": "it answers 503"}}, False, "out of DNS: eu1 192.0.2.1: it answers 503"),
        (
            {"unseen": {"eu1 2001:db8::1": "no way"}},
            True,
            "not judged, as it cannot be asked from here: eu1 2001:db8::1",
        ),
        ({"waits_for": "n1"}, True, "n1 writes DNS; this node does so when that one falls silent"),
        ({"all_out": True}, False, "so all stay in DNS: is this node cut off?"),
        ({"cut_off": True}, False, "though others serve calls: is this node cut off? DNS stays as it is"),
        ({"cut_off": True, "waits_for": "n2"}, False, "though others serve calls: is this node cut off? n2 writes DNS"),
    ],
)
def test_what_is_said_of_dns(home, check, facts, ok, text):
    says(home, "publish", **facts)
    found = check("publish", publish="RUNNING")
    assert (found.ok, found.serves, text in found.text) == (ok, True, True), found


def test_a_drained_node_is_out_of_dns_as_it_is_meant_to_be(home, check, monkeypatch):
    """Or `trunkline status && trunkline node undrain` would leave it drained."""
    monkeypatch.setattr(health, "_drained", lambda home: True)
    ask = lambda: check("publish", Settings(home=home.root, sip={"address": "192.0.2.1"}), publish="RUNNING")  # noqa: E731
    for all_out in (False, True):
        says(home, "publish", out={"eu1 192.0.2.1": "it answers 503"}, all_out=all_out)
        assert (ask().ok, ask().text) == (True, "every other endpoint is in DNS")
    says(home, "publish", out={"eu1 192.0.2.1": "it answers 503", "eu2 192.0.2.11": "silent"})
    assert (ask().ok, ask().text) == (False, "out of DNS: eu2 192.0.2.11: silent")


@pytest.mark.parametrize(
    ("ahead", "text"),
    [
        (3600.2, "1 h 0 min ahead of the database's: digests fail between nodes; set both by NTP"),
        (-61, "1 min 1 s behind the database's: digests fail between nodes; set both by NTP"),
        (1.5, None),
    ],
)
def test_a_clock_that_is_wrong(home, check, ahead, text):
    says(home, "beat", ahead=ahead)
    if text is None:
        with pytest.raises(StopIteration):
            check("clock")
    else:
        assert check("clock") == Check("clock", False, text, serves=True)


def test_letters_that_do_not_go_out(home, check):
    says(home, "beat", mail="")
    with pytest.raises(StopIteration):
        check("mail")
    says(home, "beat", mail="the last letter did not go out")
    assert check("mail") == Check("mail", False, "the last letter did not go out", serves=True)


def test_a_part_that_never_spoke(check):
    assert check("ship") == Check("ship", False, "it has not said anything yet")


def test_a_part_that_does_not_run_is_sent_to_its_log(home, check):
    found = check("ship", ship="BACKOFF")
    assert (found.ok, found.text) == (False, f"backoff: Exited too quickly; see {home.log}/ship.log")
    home.log.mkdir(exist_ok=True)
    (home.log / "ship.log").write_text("Traceback ...\nOSError: the disk is on fire\n")
    assert check("ship", ship="BACKOFF").text == f"backoff: OSError: the disk is on fire; see {home.log}/ship.log"


def test_a_certificate_that_ends_soon(home, check, monkeypatch):
    assert check("certificate").ok
    monkeypatch.setattr(health, "EXPIRY_DAYS", certificates.NODE_DAYS + 1)
    assert re.search(r"-\d\d: `trunkline node certificate`$", check("certificate").text)
    (home.tls / "ca.crt").unlink()
    assert re.search(r"-\d\d: replace it, then `trunkline node certificate`$", check("certificate").text)
    (home.tls / "node.crt").unlink()
    assert "cannot be read" in check("certificate").text


def test_a_full_disk(check, monkeypatch):
    assert check("disk").ok
    monkeypatch.setattr(health, "LEAST_DISK", 10**18)
    found = check("disk")
    assert not found.ok
    assert found.text.startswith("only ")


def test_a_disk_on_which_no_more_files_can_be_made(check, monkeypatch):
    """It has room, but nothing that writes a file anew goes on."""
    monkeypatch.setattr(health, "LEAST_FILES", 1 << 62)
    found = check("disk")
    assert not found.ok
    assert "more files can be made" in found.text


def test_no_process_manager(home):
    with pytest.raises(NotRunning):
        health.check(Settings(home=home.root), home)


# The engines


def _answering(server: socket.socket, answer) -> threading.Thread:
    """Answer one datagram by `answer(request)`."""

    def serve():
        request, address = server.recvfrom(65535)
        server.sendto(answer(request), address)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return thread


def test_asking_kamailio_takes_no_file(home):
    """There may be no room for one, and then above all the node is asked how it is."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(home.kamailio_rpc))
        _answering(server, lambda request: json.dumps({"result": os.listdir(home.kamailio_run)}).encode())
        assert probes.kamailio_rpc(home.kamailio_rpc, "core.echo") == ["rpc.sock"]


def test_kamailios_control(home):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(home.kamailio_rpc))
        _answering(server, lambda request: json.dumps({"result": json.loads(request)["params"]}).encode())
        assert probes.kamailio_rpc(home.kamailio_rpc, "core.echo", "a", 1) == ["a", 1]
        _answering(server, lambda request: b'{"error": {"code": 500, "message": "no such method"}}')
        with pytest.raises(probes.Silent, match="core.echo was refused: .*no such method"):
            probes.kamailio_rpc(home.kamailio_rpc, "core.echo")
        _answering(server, lambda request: b"what")
        with pytest.raises(probes.Silent, match="not JSON"):
            probes.kamailio_rpc(home.kamailio_rpc, "core.echo")
        with pytest.raises(probes.Silent, match="it does not answer"):
            probes.kamailio_rpc(home.kamailio_rpc, "core.echo", timeout=0.05)
    assert os.listdir(home.kamailio_run) == ["rpc.sock"]
    with pytest.raises(probes.Silent, match="it cannot be reached"):
        probes.kamailio_rpc(home.kamailio_rpc, "core.echo")


def test_rtpengines_ping(home, check):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        _answering(server, lambda request: request.split(b" ")[0] + b" d6:result4:ponge")
        probes.rtpengine_ping(port)
        _answering(server, lambda request: b"another d6:result4:ponge")
        with pytest.raises(probes.Silent, match="ping was answered with"):
            probes.rtpengine_ping(port)
    ports.ensure(home.ports, port)
    found = check("rtpengine", rtpengine="RUNNING")
    assert (found.ok, found.text) == (False, "its control port: it cannot be reached: Connection refused")


@pytest.mark.parametrize(
    ("connections", "of_tls", "memory", "text"),
    [
        (89, 44, 449, "up for 5 s"),
        (90, 0, 0, "90 of its 100 TCP and TLS connections are taken; more are refused: raise sip.memory_mb"),
        (45, 45, 0, "45 of its 50 TLS connections are taken; more are refused: raise sip.memory_mb"),
        (0, 0, 461, "461 of its 512 MB of shared memory are taken; without any, calls fail: raise sip.memory_mb"),
    ],
)
def test_what_kamailio_has_hardly_any_of_is_told(check, monkeypatch, connections, of_tls, memory, text):
    tcp = {"opened_connections": connections, "max_connections": 100}
    tls = {"opened_tls_connections": of_tls, "max_tls_connections": 50}
    said = {
        "core.uptime": {"uptime": 5},
        "rtpengine.show": {"active": 1},
        "core.tcp_info": tcp | tls,
        "core.shmmem": {"real_used": memory << 20, "total": 512 << 20},
    }
    monkeypatch.setattr(probes, "kamailio_rpc", lambda path, method, *parameters: said[method])
    monkeypatch.setattr(probes, "sip_options", lambda address, port: 200)
    found = check("kamailio", kamailio="RUNNING")
    assert (found.ok, found.text) == (text == "up for 5 s", text)


@pytest.mark.parametrize(
    ("taken", "ok", "text"),
    [
        ((0, 17), True, "answers on 127.0.0.1 port {}; 17 of 100 media ports are taken"),
        ((89,), True, "answers on 127.0.0.1 port {}; 89 of 100 media ports are taken"),
        ((0, 90), False, "90 of its 100 media ports are taken; a call without any is refused: raise media.port_max"),
        ((), False, "its control port: its answer makes no sense"),
    ],
)
def test_the_media_ports_of_the_address_that_has_the_fewest_left(home, check, taken, ok, text):
    said = {"statistics": {"interfaces": [{"ports": {"used": used, "totals": 100}} for used in taken]}}

    def answer(request):
        cookie, _, asked = request.partition(b" ")
        return cookie + b" " + (b"d6:result4:ponge" if asked.startswith(b"d") else json.dumps(said).encode())

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        home.ports.write_text(json.dumps({"relays": [port], "redis": 0}))
        _answering(server, answer)
        _answering(server, answer)
        found = check("rtpengine", rtpengine="RUNNING")
    assert (found.ok, found.text) == (ok, text.format(port))


@pytest.mark.parametrize(("answer", "code"), [(b"SIP/2.0 200 OK\r\n\r\n", 200), (b"SIP/2.0 503 No\r\n\r\n", 503)])
def test_options(addresses, answer, code):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((addresses.take(), 0))
        address, port = server.getsockname()
        _answering(server, lambda request: answer if request.startswith(b"OPTIONS sip:") else b"")
        assert probes.sip_options(address, port) == code
        _answering(server, lambda request: b"what")
        with pytest.raises(probes.Silent, match="not SIP"):
            probes.sip_options(address, port)
        with pytest.raises(probes.Silent, match="does not answer"):
            probes.sip_options(address, port, timeout=0.1)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1 min 0 s"), (3661, "1 h 1 min"), (90_000, "1 d 1 h")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_a_status_that_cannot_be_written_stops_nothing(tmp_path, caplog):
    part.Reporter(tmp_path / "none" / "status.json").well({})
    assert "cannot write" in caplog.text


@pytest.mark.parametrize(
    ("transcodes", "ok", "words"),
    [
        (["PCMA/8000", "PCMU/8000", "speex/16000"], True, "PCMA, PCMU, speex/16000; end to end only: G722, G729, iLBC"),
        (["PCMA/8000", "PCMU/8000", "G722/8000", "G729/8000", "speex/16000", "iLBC/8000"], True, "speex/16000, iLBC"),
        ([], False, "none is transcoded"),
    ],
)
def test_codecs(home, check, transcodes, ok, words):
    render.write(Settings(home=home.root), home, secrets.ensure(home.secrets), ports.ensure(home.ports, 0, 2))
    file = home.node / "edge.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"transcodes": transcodes}))
    found = check("codecs", kamailio="RUNNING")
    assert found.ok is ok
    assert words in found.text
    file.unlink()
    found = check("codecs", kamailio="RUNNING")
    assert (found.ok, found.serves) == (False, True)


def test_this_engine_transcodes_all_but_what_debian_cannot_encode():
    assert abilities.transcodes() == ("PCMA/8000", "PCMU/8000", "G722/8000", "G729/8000", "speex/16000")


def test_a_replica_that_is_not_followed_is_said_and_calls_go_on(home, check):
    wanted = {"url": "postgresql://db/x", "replica_url": "postgresql://replica/x"}
    settings = Settings(home=home.root, database=wanted)
    says(home, "follow", followed="the replica, PostgreSQL", trouble="")
    assert check("follow", settings).text == "at change 5, of the replica, PostgreSQL"
    says(home, "follow", followed="PostgreSQL", trouble="the replica is away")
    found = check("follow", settings)
    assert (found.ok, found.serves) == (False, True)
    assert found.text == "at change 5, of PostgreSQL: the replica is away. Changes are read from the database itself"
    says(home, "follow")
    assert check("follow", settings).ok, "a part of the version before says nothing of replicas"
