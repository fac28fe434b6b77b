"""The API as a node serves it: by the real server, over HTTPS, to clients that trust the node's own CA."""

import re
import subprocess
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = re.findall(r"^    (curl (?:.*\\\n)*.*)$", (DOCS / "api.md").read_text(), re.MULTILINE)


def shell(server, command: str, **environment) -> str:
    variables = server.environment | {"KEY": server.key, "SECRET": server.secret, "API": f"{server.url}/api/v1"}
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
    assert left == list(range(left[0], left[0] - 12, -1)) or min(left) < left[-1]  # a minute may have begun


def test_no_secret_gets_into_the_log(server):
    log = (server.home / "log" / "web.log").read_text()
    assert server.secret not in log
