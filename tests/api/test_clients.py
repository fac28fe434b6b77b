"""The public SDKs, as they are, against a node's dashboard over HTTPS, whose certificate they check."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "clients"
CLIENTS = Path(sys.prefix) / "clients"


@pytest.fixture(scope="module")
def stocked(server):
    from trunkline import control
    from trunkline.control.database import close

    control.setup(server.settings)
    from trunkline.control import services

    for n in (3, 4):
        services.numbers.add(f"+44207946000{n}", monthly_cost="2.5")
    services.numbers.add("+442079460005")
    close()
    return server


@pytest.mark.parametrize("version", ["3", "4"])
def test_the_sdk_lists_searches_buys_forwards_and_cancels(stocked, version):
    environment = stocked.environment | {"PYTHONPATH": str(CLIENTS / f"vonage-{version}"), "PATH": os.environ["PATH"]}
    walk = [sys.executable, str(HERE / f"vonage_{version}.py"), stocked.host, stocked.key, stocked.secret]
    done = subprocess.run(walk, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "well\n"), done.stderr


@pytest.mark.parametrize(
    ("style", "path", "said"), [(["-G"], "account/numbers", '"count"'), ([], "number/cancel", "msisdn must be given")]
)
def test_key_and_secret_in_the_query_or_the_form_get_into_no_log(stocked, style, path, said):
    asked = {"api_key": stocked.key, "api_secret": stocked.secret, "country": "GB"}
    form = [word for name, value in asked.items() for word in ("--data-urlencode", f"{name}={value}")]
    curl = ["curl", "-sS", "--max-time", "30", *style, *form, f"{stocked.url}/{path}"]
    done = subprocess.run(curl, env=stocked.environment, capture_output=True, text=True, timeout=60)
    assert said in done.stdout
    assert stocked.secret not in (stocked.home / "log" / "web.log").read_text()
