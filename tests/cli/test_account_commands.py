"""Commands of accounts and their keys."""


def test_an_account_is_made_shown_changed_and_disabled(run, ask, acme):
    changed = ask(
        *("account", "set", "acme", "--caller-id", "owned", "--destinations", "44,1", "--calls-at-once", "0"),
        *("--add-source", "192.0.2.7", "--add-source", "192.0.2.8:5080"),
    )
    assert (changed["caller_id"], changed["destinations"], changed["calls_at_once"]) == ("owned", ["1", "44"], 0)
    assert ask("account", "set", "acme", "--destinations", "", "--remove-source", "192.0.2.7") | {"created": ""} == {
        **changed,
        "destinations": [],
        "sources": ["192.0.2.8:5080"],
        "created": "",
    }
    assert ask("account", "disable", "acme")["enabled"] is False
    shown = ask("account", "show", "acme")
    assert (shown["enabled"], shown["numbers"], shown["keys"][0]["key"]) == (False, 1, acme["key"])
    assert ask("account", "enable", "acme")["enabled"] is True
    assert [account["name"] for account in ask("account", "list")] == ["acme"]
    assert acme["key"] in run("account", "show", "acme").out


def test_srtp_is_set_and_what_it_needs_is_said(run, ask, acme):
    ran = run("account", "set", "acme", "--srtp", "required")
    assert "have its PBX use TLS" in ran.out
    assert ask("account", "show", "acme")["srtp"] == "required"
    assert "TLS" not in run("account", "set", "acme", "--srtp", "accepted").out
    ran = run("number", "forward", "447700900000", "sip:a@b.example;media=srtp")
    assert ran.out.splitlines()[-1].startswith("Warning: entry 1: its SRTP keys can be read")
    assert "Warning: entry 1" in run("number", "show", "447700900000").out
    assert run("account", "set", "acme", "--srtp", "never").status == 2


def test_a_change_that_fails_half_way_changes_nothing(run, ask, acme):
    ran = run("account", "set", "acme", "--calls-at-once", "5", "--remove-source", "192.0.2.1")
    assert ran.status == 1
    assert ask("account", "show", "acme")["calls_at_once"] == 100


def test_a_secret_is_printed_once(run, ask, acme):
    assert acme["secret"] not in str(ask("key", "list"))
    ran = run("key", "rotate", acme["key"])
    assert "shown only this once" in ran.out
    assert f"The earlier one, in slot 1, stays valid until you run: trunkline key retire {acme['key']} 1\n" in ran.out
    assert (
        run("key", "rotate", acme["key"], as_json=True).document["error"].startswith(f"key {acme['key']} has two live")
    )
    assert [secret["slot"] for secret in ask("key", "retire", acme["key"], "1")["secrets"]] == [2]
    assert ask("key", "disable", acme["key"])["enabled"] is False
    assert ask("key", "enable", acme["key"])["enabled"] is True
    assert ask("key", "list", "--account", "acme")[0]["key"] == acme["key"]


def test_a_key_comes_with_all_that_a_pbx_is_configured_with(run, acme, monkeypatch):
    monkeypatch.setenv("TRUNKLINE_SIP__ADDRESS", "2001:db8::1")
    monkeypatch.setenv("TRUNKLINE_SIP__ADVERTISED", "2001:db8::5")
    monkeypatch.setenv("TRUNKLINE_SANDBOX__ENABLED", "false")
    monkeypatch.setenv("TRUNKLINE_SIP__TLS_PORT", "5071")
    made = run("key", "add", "acme", as_json=True).document
    assert (made["domain"], made["address"], made["tls_port"]) == ("sip.trunkline.internal", "2001:db8::5", 5071)
    said = run("key", "add", "acme").out
    assert "server   [2001:db8::5]:5060 (UDP, TCP), 5071 (TLS)\nrealm    sip.trunkline.internal\n" in said


def test_credentials_that_were_refused_are_listed_with_their_key(run, ask, acme):
    from trunkline.control.feed import DatabaseSink

    facts = {"key": acme["key"], "denial": "recipient", "method": "INVITE\x1b[2J", "source": "udp:192.0.2.7:5060"}
    event = {"event": "denied", "time": 1_800_000_000.0, "node": "node1", "call": "", **facts}
    DatabaseSink().store("node1", "f", [event], 1)
    [key] = ask("key", "list")
    assert (key["denied"]["cause"], key["denied"]["source"]) == ("recipient", "udp:192.0.2.7:5060")
    out = run("key", "list").out
    assert f"{acme['key']}: last refused 2027-01-15 08:00:00: INVITE" in out.replace("\n", " ")
    assert out.count("refused") == 1
    assert "\x1b" not in out


def test_the_scope_of_a_key(run, ask, acme):
    key = ask("key", "add", "acme", "--scope", "calls")
    assert ask("key", "set-scope", key["key"], "manage")["scope"] == "manage"
    wide = ask("key", "add", "acme", "--scope", "owner")
    assert wide["scope"] == "owner"
    assert "given only when a key is made" in run("key", "set-scope", wide["key"], "calls").err
    assert {one["scope"] for one in ask("key", "list", "--account", "acme")} == {"manage", "owner"}


def test_a_limit_beyond_what_a_database_counts_is_refused(run):
    for group in ("calls", "number"):
        ran = run(group, "list", "--limit", str(2**64))
        assert (ran.status, "cannot be: write a whole number from " in ran.err) == (2, True)
