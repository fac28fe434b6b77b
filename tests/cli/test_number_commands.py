"""Commands of numbers, and the files that are read in and written."""

import csv
import io

import pytest


def test_numbers(run, ask, acme):
    forwarded = ask("number", "forward", "447700900000", "sip:a@b.example;timeout=2000,sip:c@d.example;transport=tls")
    assert [target["timeout_ms"] for target in forwarded["targets"]] == [2000, 5000]
    assert "sip:c@d.example" in run("number", "show", "+44 7700 900000").out
    assert ask("number", "assign", "+447700900000", "--inventory")["account"] is None
    assert ask("number", "list", "--account", "acme") == []
    assert [number["number"] for number in ask("number", "list", "--unassigned", "--prefix", "44")] == ["+447700900000"]
    assert ask("number", "assign", "+447700900000", "--account", "acme")["account"] == "acme"
    assert ask("number", "remove", "+447700900000") == {"removed": "+447700900000"}


def test_a_long_list_of_numbers_is_cut_and_says_so(run, ask, acme):
    ask("number", "add", "+447700900001")
    said = "These are 1 of 2; see more with --limit.\n"
    assert run("number", "list", "--limit", "1").out.endswith(said)
    ran = run("number", "list", "--limit", "1", as_json=True)
    assert (len(ran.document), ran.err) == (1, said)
    assert run("number", "list", as_json=True).err == ""
    assert len(ask("number", "list", "--limit", "0")) == 2


def test_a_file_that_cannot_be_read_is_said_in_words(run):
    ran = run("number", "import", "/proc/self/mem")  # whose first byte is nobody's
    assert (ran.status, ran.err) == (1, "trunkline: /proc/self/mem cannot be read: Input/output error.\n")


def test_an_import_is_all_or_nothing_and_names_each_line(run, ask, acme):
    table = (
        "number,account,forward\n+331,acme,\n\n"
        '+33123456789,acme,"sip:a@b.example,sip:c@d.example"\n+33123456780,a,b,c\n'
    )
    ran = run("number", "import", "-", stdin=table, as_json=True)
    assert ran.status == 1
    assert [(problem["line"], problem["number"]) for problem in ran.document["problems"]] == [
        (2, "+331"),
        (5, "+33123456780"),
    ]
    one = "number\n+331\n"
    assert "1 line has an error" in run("number", "import", "-", stdin=one).out
    assert "'+331' is not an E.164 number" in run("number", "import", "-", stdin=table).out
    good = "\ufeffNumber,Account\n+33123456789,acme\n+33123456780\n"
    assert (
        run("number", "import", "-", "--dry-run", stdin=good).out == "It would be: 2 added, 0 updated, 0 unchanged.\n"
    )
    assert ask("number", "import", "-", stdin=good) == {"added": 2, "updated": 0, "unchanged": 0, "dry_run": False}
    changed = "number,forward\n33123456780,sip:x@y.example\n"
    assert run("number", "import", "-", stdin=changed).status == 1
    assert ask("number", "import", "-", "--update", stdin=changed)["updated"] == 1


@pytest.mark.parametrize(
    ("table", "hint"),
    [
        (b"", "must name its columns"),
        (b"", "forward and monthly_cost; it is empty"),
        (b"phone,account\n1,2\n", "must name its columns"),
        (b"number,number\n", "must name its columns"),
        (b'number\n"33123456789\n', "not CSV"),
        (b"number\n\xff\xfe\n", "not UTF-8"),
    ],
)
def test_a_file_that_is_no_table_is_refused(run, tmp_path, table, hint):
    file = tmp_path / "numbers.csv"
    file.write_bytes(table)
    ran = run("number", "import", str(file), as_json=True)
    assert ran.status == 1
    assert hint in ran.document["error"]


def test_what_an_account_has_is_not_what_nobody_has(run, acme):
    ran = run("number", "list", "--account", "acme", "--unassigned")
    assert (ran.status, ran.err) == (1, "trunkline: say either --account NAME or --unassigned.\n")


def test_the_inventory_is_searched_and_priced(run, ask, acme):
    ask("number", "add", "+442079460001", "--monthly-cost", "1.25")
    assert ask("number", "set", "442079460001", "--monthly-cost", "2")["monthly_cost"] == "2.00"
    [found] = ask("number", "available", "--country", "GB", "--kind", "landline", "--digits", "0001", "--at", "ends")
    assert (found["number"], found["country"], found["kind"]) == ("+442079460001", "GB", "landline")
    assert ask("account", "set", "acme", "--numbers-at-most", "0")["numbers_at_most"] == 0
    assert ask("number", "available", "--account", "acme") == []
    assert "no such number in the inventory" in run("number", "available", "--country", "FR").out
    said = "trunkline: 'uk' is not the code of a country with numbers: write GB, its code in ISO 3166.\n"
    assert run("number", "available", "--country", "uk").err == said


def test_what_strangers_wrote_is_no_formula_in_a_spreadsheet(run, acme):
    from trunkline.control.feed import DatabaseSink

    facts = {"event": "reject", "time": 1_800_000_000.0, "node": "node1", "direction": "outbound", "account": "acme"}
    said = {"caller": '=HYPERLINK("http://x.example")', "called": "@SUM(1)", "source": "udp:192.0.2.7:5060"}
    event = facts | said | {"call": "c0ffee0000000002", "code": 403, "reason": "Forbidden", "warning": "-1, 'x'"}
    DatabaseSink().store("node1", "f", [event], 1)
    (row,) = csv.DictReader(io.StringIO(run("calls", "list", "--csv").out))
    shown = [row[name] for name in ("caller", "called", "warning", "source", "code")]
    assert shown == ['\'=HYPERLINK("http://x.example")', "'@SUM(1)", "'-1, 'x'", "udp:192.0.2.7:5060", "403"]
