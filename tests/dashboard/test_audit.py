"""The page of the audit log, and whose doing it says a change is."""

from dashboard.test_signing_in import sign_in


def entries(**conditions):
    from trunkline.control import services

    return services.audit.find(**conditions)


def test_a_change_is_the_users_who_made_it(owner, cast):
    owner.post("/numbers/447700900001/forward", {"forward": "sip:other@pbx.example"}, REMOTE_ADDR="203.0.113.7")
    [entry] = entries(kind="number", who="owner", limit=1)
    assert (entry.by, entry.who, entry.address, entry.acting_as) == ("user", "owner", "203.0.113.7", "")
    page = owner.get("/audit/").content.decode()
    assert "Forward to SIP: sip:owner@pbx.example → sip:other@pbx.example" in page
    assert "203.0.113.7" in page


def test_an_operator_who_acts_as_a_customer_is_named_with_it(operator, owner):
    operator.post("/accounts/owner/act")
    operator.post("/numbers/447700900001/forward", {"forward": ""})
    changed, acted = entries(who="operator", limit=2)
    assert (changed.who, changed.acting_as, changed.did) == ("operator", "owner", "changed")
    assert (acted.kind, acted.name, acted.did) == ("account", "owner", "opened by an operator")
    page = owner.get("/audit/").content.decode()
    assert "whoever runs this service" in page
    assert "operator" not in page.partition('<div id="results">')[2].replace("by an operator", "")


def test_signing_in_is_in_it(anybody, cast):
    sign_in(anybody(), "member")
    [entry] = entries(limit=1)
    assert (entry.who, entry.kind, entry.name, entry.did) == ("member", "user", "member", "signed in")


def test_what_is_done_on_the_command_line_is_its_users(services, monkeypatch, cast):
    from click.testing import CliRunner
    from django.conf import settings

    from trunkline.cli import output
    from trunkline.cli.account import command

    monkeypatch.setattr(output, "load", lambda: settings.TRUNKLINE)
    monkeypatch.setenv("SUDO_USER", "grace")
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.77 50000 192.0.2.1 22")
    assert CliRunner().invoke(command, ["set", "owner", "--calls-at-once", "3"]).exit_code == 0
    [entry] = entries(limit=1)
    assert (services.audit.who(entry), entry.address) == ("grace on the command line", "192.0.2.77")


def test_filters_and_pages(operator, services, cast):
    for n in range(60):
        services.accounts.change(cast.owner, calls_at_once=n + 1)
    page = operator.get("/audit/?kind=account&account=owner").content.decode()
    assert page.count("<tr>") == 51
    assert "calls at once: 59 → 60" in page
    older = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    page = operator.get(older).content.decode()
    assert page.count("<tr>") == 12  # the head, ten changes and the making
    assert "No such entry" in operator.get("/audit/?who=nobody").content.decode()
    for wrong in ("account=none", "kind=spaceship", "since=tomorrow", "since=2026-02-02&until=2026-02-01"):
        answer = operator.get(f"/audit/?{wrong}")
        assert answer.status_code == 422
        assert 'class="notice bad"' in answer.content.decode()
    # The last two are no times in UTC.
    for before in ("yesterday", "0001-01-01T00:00:00%2B14:00~1", "9999-12-31T23:59:59-12:00~1"):
        assert operator.get(f"/audit/?before={before}").status_code == 404


def test_the_csv_has_every_column_and_no_formula(operator, services, cast):
    services.numbers.forward(cast.number, "sip:=cmd@pbx.example")
    answer = operator.get("/audit.csv?kind=number")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    head, first, *_ = answer.content.decode().splitlines()
    assert head == "time,who,by,address,acting_as,kind,name,count,did,account,changes"
    assert ",number,+447700900001,1,changed,owner," in first
    assert operator.get("/audit.csv?kind=spaceship").status_code == 422


def test_an_account_filter_is_no_way_around_ones_own(owner, services, cast):
    services.accounts.change(cast.stranger, calls_at_once=3)
    assert "calls at once: 100 → 3" not in owner.get("/audit/?account=stranger").content.decode()
    assert "+447700900002" not in owner.get("/audit.csv?account=stranger").content.decode()
