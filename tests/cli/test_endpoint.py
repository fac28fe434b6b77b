"""`trunkline endpoint`, over the services."""

from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "deploy" / "examples" / "endpoints.toml"


def test_an_endpoint_is_made_changed_and_removed(ask, run):
    added = run("endpoint", "add", "eu1", "sip-eu1.example", "--address", "192.0.2.1", "--region", "eu")
    assert "instead of each node's own settings" in added.out
    assert "Add them with: trunkline endpoint set eu1 --media" in added.out
    ask("endpoint", "set", "eu1", "--latitude", "51.5074", "--longitude", "-0.1278", "--media", "192.0.2.1:30000-39999")
    shown = ask("endpoint", "show", "eu1")
    assert (shown["latitude"], shown["media"], shown["region"]) == (51.5074, ["192.0.2.1:30000-39999"], "eu")
    printed = run("endpoint", "show", "eu1").out
    assert all(said in printed for said in ("the addresses", "51.5074", "-0.1278"))
    assert ask("endpoint", "remove", "eu1") == {"removed": "eu1"}
    assert "There is no endpoint" in run("endpoint", "list").out


def test_a_file_is_imported_once_it_is_right(ask, run):
    assert ask("endpoint", "import", str(EXAMPLE), "--dry-run")["dry_run"]
    assert ask("endpoint", "list") == []
    assert "6 added" in run("endpoint", "import", str(EXAMPLE)).out
    assert [e["name"] for e in ask("endpoint", "list")][:2] == ["ap1", "ap2"]
    refused = run("endpoint", "import", "-", stdin=EXAMPLE.read_text().replace("51.5074", "151.5"))
    assert refused.status == 1
    assert "not on the Earth" in refused.out
    assert "nothing was written" in refused.out
    assert ask("endpoint", "disable", "eu1")["enabled"] is False
    assert ask("endpoint", "enable", "eu1")["enabled"] is True


def test_the_nearest_by_a_place_are_the_two_of_its_region(ask, run):
    run("endpoint", "import", str(EXAMPLE))
    found = ask("endpoint", "nearest", "--at=52.52,13.405")
    assert [one["endpoint"] for one in found if one["use"] == "balanced"] == ["eu1", "eu2"]
    assert [one["endpoint"] for one in found if one["use"] == "backup"] == ["us-2-1", "us-2-2", "ap1", "ap2"]
    assert found[0]["kilometres"] == 932
    wrong = run("endpoint", "nearest", "--at=95,13")
    assert (wrong.status, "not on the Earth" in wrong.err) == (2, True)


def test_a_place_means_nothing_where_no_endpoint_has_one(run):
    assert "No endpoint has coordinates" in run("endpoint", "nearest", "--at=52.52,13.405").out


def test_measured_with_nobody_there_says_so(run):
    run("endpoint", "add", "one", "127.77.0.1", "--port", "9")
    found = run("endpoint", "nearest")
    assert found.status == 1
    assert "cannot be reached" in found.out
    assert found.out.splitlines()[0].endswith("use    problem")
