"""`trunkline dns`, as an operator gives it, against a real name server."""

import base64
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from control.databases import empty, fresh_sqlite
from harness.knot import knot
from harness.polling import until
from trunkline.cli.main import trunkline

__all__ = ["empty"]

SECRET = base64.b64encode(b"z" * 32).decode()
START = "$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 7\n@ NS ns\nns A 127.0.0.1\nwww A 192.0.2.80\n"


@pytest.fixture
def run(tmp_path, empty, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    fresh_sqlite(home, empty)
    monkeypatch.setenv("TRUNKLINE_HOME", str(home))
    monkeypatch.setenv("TRUNKLINE_SIP__DOMAIN", "sip.trunk.example")
    (home / "dns.key").write_text(f"trunkline:{SECRET}\n")
    (home / "dns.key").chmod(0o600)

    def command(*words):
        result = CliRunner().invoke(trunkline, words)
        return result.exit_code, result.stdout + result.stderr

    return command


def test_a_zone_is_planned_shown_and_only_then_written(run, addresses, tmp_path, monkeypatch):
    assert "_sip._udp.sip.trunk.example. 30 IN SRV 10 10 5060 node1.sip.trunk.example." in run("dns", "zone")[1]
    code, said = run("dns", "plan")
    assert (code, "set dns.primary" in said) == (1, True)
    address = addresses.take()
    with knot(address, tmp_path, {"trunk.example.": START}, key=("trunkline", SECRET)) as server:
        monkeypatch.setenv("TRUNKLINE_DNS__PRIMARY", server.address)
        monkeypatch.setenv("TRUNKLINE_DNS__PRIMARY_PORT", str(server.port))
        for n in (1, 2, 3):
            run("endpoint", "add", f"eu{n}", f"sip-eu{n}.trunk.example", "--address", f"192.0.2.{n}", "--region", "eu")
        code, said = run("dns", "apply")
        assert (code, "+ sip-eu1.trunk.example. 30 IN A 192.0.2.1" in said) == (0, True)
        assert "Nothing is changed yet" in said
        assert "+ sip-eu1" in run("dns", "plan")[1]
        assert "Done: " in run("dns", "apply", "--yes")[1]
        assert "has what it should have" in run("dns", "plan")[1]
        for n in (1, 2, 3):
            run("endpoint", "add", f"ap{n}", f"sip-ap{n}.trunk.example", "--address", f"192.0.2.1{n}", "--region", "ap")
            run("endpoint", "remove", f"eu{n}")
        code, said = run("dns", "apply", "--yes")
        assert (code, "would be removed: look at the plan" in said) == (1, True)
        assert "+ sip-ap1" in run("dns", "plan")[1]
        assert "Done: " in run("dns", "apply", "--yes", "--force")[1]
        run("endpoint", "set", "ap1", "--host", "www.trunk.example")
        code, said = run("dns", "apply", "--yes")
        assert (code, "A 192.0.2.80 would be removed, which was not written by us" in said) == (1, True)
        assert "Done: " in run("dns", "apply", "--yes", "--force")[1]
    code, said = run("dns", "plan")
    assert (code, "does not answer" in said) == (1, True)
    (tmp_path / "home" / "dns.key").unlink()
    code, said = run("dns", "plan")
    assert (code, "as `keymgr -t NAME` prints it" in said) == (1, True)
    addresses.give_back(address)


def test_a_zone_that_cannot_hold_the_service_is_refused(run, monkeypatch):
    monkeypatch.setenv("TRUNKLINE_DNS__ZONE", "elsewhere.example")
    assert "does not lie in dns.zone elsewhere.example" in run("dns", "zone")[1]
    monkeypatch.setenv("TRUNKLINE_DNS__WATCH", "true")
    assert "watch needs primary" in run("dns", "zone")[1]


def test_the_part_of_the_node_keeps_the_zone_and_says_how_it_fares(run, addresses, tmp_path, monkeypatch):
    """An endpoint that nobody answers for: all are out, so all stay, and the part says that it may be cut off."""
    address, nobody = addresses.take(), addresses.take()
    with knot(address, tmp_path, {"trunk.example.": START}, key=("trunkline", SECRET)) as server:
        monkeypatch.setenv("TRUNKLINE_DNS__PRIMARY", server.address)
        monkeypatch.setenv("TRUNKLINE_DNS__PRIMARY_PORT", str(server.port))
        monkeypatch.setenv("TRUNKLINE_DNS__WATCH", "true")
        run("endpoint", "add", "eu1", "sip-eu1.trunk.example", "--address", nobody, "--port", "9", "--tls-port", "10")
        status = tmp_path / "home" / "run" / "publish.status.json"
        status.parent.mkdir()
        part = subprocess.Popen([sys.executable, "-m", "trunkline", "node", "publish"], stderr=subprocess.DEVNULL)
        try:
            until(lambda: status.exists() and json.loads(status.read_text()).get("changes"), 30, "the zone is written")
            said = json.loads(status.read_text())
            assert (said["problem"], said["all_out"], list(said["out"])) == ("", True, [f"eu1 {nobody}"])
            assert "has what it should have" in run("dns", "plan")[1]
        finally:
            part.terminate()
            part.wait(10)
    assert part.returncode == 0
    for one in (address, nobody):
        addresses.give_back(one)
