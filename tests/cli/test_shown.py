"""What `up` shows at its end."""

from trunkline import settings
from trunkline.cli import shown


def test_keys_whose_secrets_a_change_of_the_domain_has_made_useless(ask, run, monkeypatch, capsys):
    ask("account", "add", "acme")
    key = ask("key", "add", "acme")["key"]
    shown.stranded_keys(settings.load())
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("TRUNKLINE_SIP__DOMAIN", "sip.example.com")
    ask("key", "list")
    shown.stranded_keys(settings.load())
    said = capsys.readouterr().err
    assert f"these keys are of no use: {key}. They were made for another sip.domain than sip.example.com. " in said
    said = run("key", "rotate", key).out
    assert "in slot 1, was made for another domain and is of no use any more; end it with: trunkline key retire" in said
    shown.stranded_keys(settings.load())
    assert capsys.readouterr().err == ""
