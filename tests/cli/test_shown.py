"""What `up` shows at its end."""

import pytest

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


@pytest.mark.parametrize(
    ("sip", "media", "told"),
    [
        ({"address": "10.0.0.5"}, {}, ("10.0.0.5", "sip.advertised")),
        ({"address": "fd00::5"}, {}, ("fd00::5", "sip.advertised")),
        ({"address": "100.64.0.5"}, {"address": "192.168.0.6"},
         ("192.168.0.6 and 100.64.0.5", "media.advertised and sip.advertised")),
        ({"address": "203.0.113.5"}, {"address": "172.31.0.6"}, ("172.31.0.6", "media.advertised")),
        ({"address": "10.0.0.5", "advertised": "203.0.113.5"}, {"address": "10.0.0.6"},
         ("10.0.0.6", "media.advertised")),
        ({"address": "10.0.0.5"}, {"advertised": "203.0.113.6"}, ("10.0.0.5", "sip.advertised")),
        ({"address": "10.0.0.5", "advertised": "203.0.113.5"}, {}, ()),
        ({"address": "10.0.0.5", "advertised": "10.0.0.5"}, {}, ()),  # everybody is in this network
        ({"address": "203.0.113.5"}, {}, ()),
        ({"address": "127.0.0.1"}, {}, ()),
    ],
)  # fmt: skip
def test_a_private_address_that_others_are_told(capsys, sip, media, told):
    shown.private_address(settings.Settings(sip=sip, media=media, sandbox={"enabled": False}))
    said = capsys.readouterr().err
    if not told:
        assert said == ""
        return
    address, setting = told
    assert f"a private address, {address}: " in said
    assert f"set {setting} to the public address" in said
