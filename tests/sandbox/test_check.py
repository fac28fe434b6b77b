"""`trunkline check` against a real edge: it is green when all works, and says what does not."""

import asyncio
import json

import pytest
from click.testing import CliRunner

from trunkline.cli import check, sandbox
from trunkline.cli.main import trunkline
from trunkline.sandbox import carrier, pbx
from trunkline.sandbox.probe import PROBES, Bench
from trunkline.sip import forward

pytestmark = pytest.mark.engines


@pytest.fixture
def sandboxed(own_edge, addresses):
    """An edge that knows what `sandbox.ensure` would have made."""
    carrier_address, pbx_address = addresses.take(), addresses.take()
    edge = own_edge(sandbox={"carrier_address": carrier_address, "pbx_address": pbx_address})
    key = edge.key()
    edge.route(edge.carrier(carrier_address, edge.settings.sandbox.carrier_port), prefix=carrier.PREFIX)
    for name, text in sandbox._forwards(edge.settings, key.name).items():
        edge.number(text, key.account_id, sandbox.NUMBERS[name])
    sandbox._keep(edge.settings, sandbox.SandboxAccount(key.name, key.secret, sandbox.NUMBERS))
    yield edge, Bench(edge.settings, key.name, key.secret, sandbox.NUMBERS)
    addresses.give_back(carrier_address)
    addresses.give_back(pbx_address)


async def test_all_green_in_six_seconds(sandboxed):
    edge, bench = sandboxed
    async with carrier.open_carrier(edge.settings), pbx.open_pbx(edge.settings) as exchange:
        exchange.spawn(pbx.keep_registered(exchange, edge.settings))
        results = await check._run(bench)
    assert [(result.name, result.text) for result in results if not result.ok] == []
    assert [result.name for result in results] == list(PROBES)
    assert max(result.seconds for result in results) < 6


@pytest.mark.parametrize("srtp", ["offered", "required"])
async def test_an_account_that_is_called_or_calls_with_srtp_is_green_too(sandboxed, srtp):
    edge, bench = sandboxed
    [account_id] = edge.store.execute("SELECT account_id FROM credential WHERE key = ?", (bench.key,)).fetchone()
    edge.account(account_id=account_id, srtp=srtp)
    asked = check._bench(edge.settings, sandbox.SandboxAccount(bench.key, bench.secret, bench.numbers))
    assert asked.srtp is (srtp == "required")
    async with carrier.open_carrier(edge.settings), pbx.open_pbx(edge.settings) as exchange:
        exchange.spawn(pbx.keep_registered(exchange, edge.settings))
        results = await check._run(asked)
    assert [(result.name, result.text) for result in results if not result.ok] == []


async def test_what_does_not_work_is_named_with_its_reason(sandboxed):
    edge, bench = sandboxed
    wrong = Bench(edge.settings, bench.key, "another secret", bench.numbers)
    async with pbx.open_pbx(edge.settings) as exchange:
        exchange.on_call = mute
        results = {result.name: result for result in await check._run(wrong)}
    assert results["OPTIONS over UDP"].ok
    assert results["a wrong secret is refused"].ok
    refused = results["outbound over UDP, with audio"]
    assert not refused.ok
    assert refused.text.startswith(("403", "407"))
    assert "(expected 200)" in refused.text
    silent = results["inbound, with audio"]
    assert not silent.ok
    assert "not one RTP packet came" in silent.text or "silent" in silent.text


async def mute(call):
    """A PBX that answers and sends nothing."""
    await call.open_audio()
    call.audio.mute()
    await call.answer()


async def test_without_an_edge_everything_fails_in_time(sandboxed):
    edge, bench = sandboxed
    edge.kill("kamailio")
    results = await check._run(bench)
    assert not any(result.ok for result in results)
    assert all(result.text for result in results)


def test_the_table_has_a_line_for_each(capsys):
    check.render([check.Result("one", True, 0.1, "200"), check.Result("two", False, 1.0, "404: [why]")])
    output = capsys.readouterr().out
    assert "ok" in output
    assert "FAILED" in output
    assert "404: [why]" in output


@pytest.mark.parametrize(
    ("state", "says"),
    [(None, "`trunkline up` makes"), ("not JSON", "delete it"), ('{"key": "k"}', "delete it")],
)
def test_without_its_account_it_says_what_to_do(tmp_path, monkeypatch, state, says):
    monkeypatch.setenv("TRUNKLINE_HOME", str(tmp_path))
    if state:
        (tmp_path / "sandbox.json").write_text(state)
    result = CliRunner().invoke(check.command)
    assert result.exit_code == 1
    assert says in result.output


def test_without_a_running_node_it_says_so_and_places_no_call(tmp_path, monkeypatch):
    monkeypatch.setenv("TRUNKLINE_HOME", str(tmp_path))
    (tmp_path / "sandbox.json").write_text(json.dumps({"key": "k1", "secret": "s1", "numbers": sandbox.NUMBERS}))
    says = f"the node of {tmp_path} is not running: start it with `trunkline up`"
    for words in ([], ["--codecs"]):
        result = CliRunner().invoke(trunkline, ["check", *words])
        assert (result.exit_code, result.output) == (1, f"trunkline: {says}.\n")
    result = CliRunner().invoke(check.command, ["--json"])
    assert (result.exit_code, json.loads(result.output)) == (1, {"ok": False, "error": says, "results": []})


async def test_a_probe_that_waited_in_vain_says_for_how_long(sandboxed):
    async def probe(bench):
        async with asyncio.timeout(0):
            await asyncio.Event().wait()

    result = await check._measure("one", probe, sandboxed[1])
    assert (result.ok, result.text) == (False, "it was not over after 0 s")


def test_show_prints_what_a_client_needs(tmp_path, monkeypatch):
    monkeypatch.setenv("TRUNKLINE_HOME", str(tmp_path))
    (tmp_path / "sandbox.json").write_text(json.dumps({"key": "k1", "secret": "s1", "numbers": sandbox.NUMBERS}))
    text = CliRunner().invoke(sandbox.command, ["show"]).output
    assert "k1" in text
    assert "s1" in text
    facts = json.loads(CliRunner().invoke(sandbox.command, ["show", "--json"]).output)
    assert facts["test_numbers"][f"+{carrier.ECHO}"] == "echo"


def test_the_forwards_are_valid(sandboxed):
    edge, bench = sandboxed
    for text in sandbox._forwards(edge.settings, bench.key).values():
        assert forward.parse(text)
