"""Every setting is in docs/settings.md, as it is in the code, and nothing else is."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from trunkline.settings import Settings, SettingsError, load

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


def rows() -> Iterator[tuple[str, str]]:
    """The (section, table row) of every setting."""
    for section, field in Settings.model_fields.items():
        if section == "home":
            continue
        for key, its in field.annotation.model_fields.items():
            default = json.dumps(its.default)
            yield section, f"| `{section}.{key}` | `{default}` | {its.description} |"


def test_every_setting_is_documented_as_it_is():
    text = DOCUMENT.read_text()
    missing = [row for _, row in rows() if row not in text]
    assert not missing, "docs/settings.md lacks these rows:\n" + "\n".join(missing)


def test_nothing_else_is_documented():
    documented = set(re.findall(r"^\| `([a-z]+\.[a-z_0-9]+)`", DOCUMENT.read_text(), re.MULTILINE))
    assert documented == {re.match(r"\| `(.*?)`", row)[1] for _, row in rows()}


def test_the_example_is_valid(tmp_path, monkeypatch):
    [example] = re.findall(r"```toml\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    (tmp_path / "trunkline.toml").write_text(example)
    monkeypatch.setenv("TRUNKLINE_HOME", str(tmp_path))
    assert load().sip.address == "198.51.100.20"


def test_the_environment_wins(tmp_path, monkeypatch):
    (tmp_path / "trunkline.toml").write_text('[sip]\nport = 5070\n[dns]\nservers = ["192.0.2.53"]\n')
    monkeypatch.setenv("TRUNKLINE_HOME", str(tmp_path))
    monkeypatch.setenv("TRUNKLINE_SIP__PORT", "5080")
    monkeypatch.setenv("TRUNKLINE_DNS__SERVERS", '["192.0.2.54"]')
    assert (load().sip.port, load().dns.servers) == (5080, ["192.0.2.54"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[sip]\nport = 99999", "sip.port (or TRUNKLINE_SIP__PORT): 99999: Input should be less than"),
        ('[sip]\naddress = "here"', "sip.address (or TRUNKLINE_SIP__ADDRESS): 'here': 'here' does not appear to be"),
        ("[sip]\nprot = 1", "sip.prot (or TRUNKLINE_SIP__PROT): there is no such setting"),
        ("[media]\nport_min = 5000\nport_max = 5001", "port_max must be at least port_min + 199"),
        ('[dns]\nservers = ["ns.example"]', "dns.servers"),
        ('[node]\nname = "A b"', "'A b' is not of this form: 1 to 63 of a-z"),
        ('[sip]\ndomain = ""', "'' is not of this form: a host name in small letters"),
        (
            '[database]\nurl = "mysql://u:secret@x"',
            "(or TRUNKLINE_DATABASE__URL): it is not of this form: postgresql://",
        ),
        ('[database]\nurl = "postgresql://u:secret@host"', "it is not of this form: postgresql://"),
        ('[database]\nurl = "postgresql://u:/secret@host/name"', "it is not of this form: postgresql://"),
        ('[database]\nurl = "postgresql://u:#secret@host/name"', "it is not of this form: postgresql://"),
        (
            '[database]\nreplica_url = "postgresql://u:secret@r/x"',
            "database (or TRUNKLINE_DATABASE): replica_url is for a PostgreSQL: name one in url",
        ),
        ('[cluster]\npeers = ["10.0.0.11"]', "cluster (or TRUNKLINE_CLUSTER): peers needs address, at which this node"),
        ('[database]\nreplica_url = "sqlite:////x"', "it is not of this form: postgresql://"),
        ('[mail]\nhost = "a.example"\npassword = "secret"', "mail.host needs mail.sender"),
        ('[database]\nurl = "sqlite:///here.db"', "it is not of this form: postgresql://"),
        ('[sip]\naddress = "0.0.0.0"', "'0.0.0.0': it is told to others, so it has to be the address of one machine"),
        ('[sip]\naddress = "::"', "it has to be the address of one machine"),
        ("[sandbox]\npbx_port = 65535", "sandbox.pbx_port"),  # its TLS port is one higher
        (
            '[sip]\naddress = "2001:db8::1"\n[mail]\npassword = "secret"',
            "sandbox.carrier_address: 127.0.0.70 is IPv4, and sip.address IPv6 (2001:db8::1); no call can go",
        ),
        (
            '[sip]\naddress = "192.0.2.1"\nadvertised = "2001:db8::1"',
            "sip.advertised: 2001:db8::1 is IPv6, and sip.address IPv4 (192.0.2.1)",
        ),
        ("[sip", "trunkline.toml is not valid TOML"),
    ],
)
def test_a_bad_setting_is_named_with_the_reason(tmp_path, monkeypatch, text, message):
    (tmp_path / "trunkline.toml").write_text(text)
    monkeypatch.setenv("TRUNKLINE_HOME", str(tmp_path))
    with pytest.raises(SettingsError) as error:
        load()
    assert message in str(error.value)
    assert "secret" not in str(error.value)
    if "TOML" not in message:
        assert str(error.value).endswith("Every setting is described in docs/settings.md")


def test_a_file_in_another_encoding_is_refused(tmp_path, monkeypatch):
    (tmp_path / "trunkline.toml").write_text("[sip]\nport = 5070\n", encoding="utf-16")
    monkeypatch.setenv("TRUNKLINE_HOME", str(tmp_path))
    with pytest.raises(SettingsError, match="not valid TOML: 'utf-8' codec"):
        load()


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("TRUNKLINE_SPI__PORT", "5070", "TRUNKLINE_SPI__PORT: there is no section 'spi'"),
        ("TRUNKLINE_DNS__SERVERS", "192.0.2.53", '"dns".* a list is written as JSON'),
    ],
)
def test_a_bad_variable_is_refused(tmp_path, monkeypatch, variable, value, message):
    monkeypatch.setenv("TRUNKLINE_HOME", str(tmp_path))
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=message):
        load()


def test_every_pattern_is_explained_in_words():
    from trunkline import settings

    for section, its in settings.Settings.model_fields.items():
        for key, field in getattr(its.annotation, "model_fields", {}).items():
            patterned = any(getattr(rule, "pattern", None) for rule in field.metadata)
            assert patterned == (f"{section}.{key}" in settings.words.FORMS)


@pytest.mark.parametrize(
    ("web", "url"),
    [
        ("", "https://192.0.2.1:8443/"),
        ('port = 443\naddress = "192.0.2.2"', "https://192.0.2.2:443/"),
        ('address = "2001:db8::2"', "https://[2001:db8::2]:8443/"),
        ('address = "0.0.0.0"', "https://192.0.2.1:8443/"),
        ('hosts = ["a.example", "b.example"]', "https://a.example:8443/"),
        ('hosts = ["a.example:9443"]', "https://a.example:9443/"),
        ('proxies = ["192.0.2.9"]', "https://sip.trunk.example/"),
        ('proxies = ["192.0.2.9"]\nhosts = ["a.example"]', "https://a.example/"),
        ('proxies = ["192.0.2.9"]\nhosts = ["a.example:9443"]', "https://a.example:9443/"),
    ],
)
def test_where_the_dashboard_is(tmp_path, monkeypatch, web, url):
    monkeypatch.setenv("TRUNKLINE_HOME", str(tmp_path))
    sip = '[sip]\ndomain = "sip.trunk.example"\naddress = "10.0.0.5"\nadvertised = "192.0.2.1"\n'
    (tmp_path / "trunkline.toml").write_text(f"{sip}[web]\n{web}\n")
    assert load().web_url == url


@pytest.mark.parametrize("host", ["A.example", "a.example:", "a.example:0", "a.example:https", "a.example:١", "[::1]"])
def test_what_is_no_host_of_the_dashboard_is_refused(tmp_path, monkeypatch, host):
    monkeypatch.setenv("TRUNKLINE_HOME", str(tmp_path))
    (tmp_path / "trunkline.toml").write_text(f'[web]\nhosts = ["{host}"]\n')
    with pytest.raises(SettingsError, match="not a host name"):
        load()
