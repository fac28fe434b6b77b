"""`trunkline endpoint`, over the services."""

from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "deploy" / "examples" / "endpoints.toml"


def test_an_endpoint_is_made_changed_and_removed(ask, run):
    added = run("endpoint", "add", "eu1", "sip-eu1.example", "--address", "192.0.2.1", "--region", "eu")
    assert "instead of this node's own settings" in added.out
    ask("endpoint", "set", "eu1", "--latitude", "51.5", "--longitude", "-0.1", "--media", "192.0.2.1:30000-39999")
    shown = ask("endpoint", "show", "eu1")
    assert (shown["latitude"], shown["media"], shown["region"]) == (51.5, ["192.0.2.1:30000-39999"], "eu")
    assert "the addresses" in run("endpoint", "show", "eu1").out
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
    assert "nothing is written" in refused.out
    assert ask("endpoint", "disable", "eu1")["enabled"] is False
    assert ask("endpoint", "enable", "eu1")["enabled"] is True
