"""The API as a node serves it: by the real server, over HTTPS, to clients that trust the node's own CA."""

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "clients"
CLIENTS = Path(sys.prefix) / "clients"
DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = re.findall(r"^    (curl (?:.*\\\n)*.*)$", (DOCS / "api.md").read_text(), re.MULTILINE)


def shell(server, command: str, **environment) -> str:
    variables = server.environment | {"KEY": server.key, "SECRET": server.secret, "API": f"{server.url}/api/v1"}
    variables |= {"OWNERS_KEY": server.owners_key, "OWNERS_SECRET": server.owners_secret}
    curl = f'curl() {{ command curl -sS --fail-with-body --max-time 30 "$@"; }}; {command}'
    done = subprocess.run(["sh", "-c", curl], env=variables | environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_the_examples_of_the_documentation_work(server):
    assert len(EXAMPLES) > 5
    for command in EXAMPLES:
        answer = shell(server, command)
        assert "DELETE" in command or answer.startswith("{")


def test_the_workers_count_an_accounts_requests_together(server):
    left = []
    for _ in range(12):
        head = shell(server, 'curl -D - -o /dev/null -u "$KEY:$SECRET" "$API/account"')
        left.append(int(re.search(r'ratelimit: "account";r=(\d+)', head, re.IGNORECASE)[1]))
    falls = [before - after for before, after in pairwise(left)]
    assert falls.count(1) >= len(falls) - 1  # a minute may have begun


def test_no_secret_gets_into_the_log(server):
    log = (server.home / "log" / "web.log").read_text()
    assert server.secret not in log


# The Number API: the public SDKs as they are, and the older way to authenticate


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
