"""The dashboard as a node serves it: `trunkline node web` over HTTPS, in a home of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from harness.polling import PATIENCE, until
from trunkline.home import Home
from trunkline.node import certificates, folders, probes, secrets
from trunkline.settings import Settings

DOMAIN = "sip.trunk.example"
PORT = 8443


@contextmanager
def served(address: str, /, api: dict | None = None, *, mail: dict | None = None, program: Path | None = None, **web):
    """The settings of a dashboard that answers at `address` until the end of the block; no engine runs. `api`, `mail`
    and the rest are settings of these sections; `program` is the folder that has the package, if not this clone's."""
    # Its process is not root's and must reach its files: pytest's own folders are closed to others.
    root = Path(tempfile.mkdtemp(prefix="web-"))
    root.chmod(0o711)
    try:
        with _served(
            root / "home", address, web, api or {}, mail or {}, [str(program)] if program else sys.path
        ) as running:
            yield running
    finally:
        shutil.rmtree(root)


@contextmanager
def _served(root: Path, address: str, web: dict, api: dict, mail: dict, python_path: list[str]):
    from trunkline import control
    from trunkline.control.database import close

    settings = Settings(
        home=root,
        sip={"address": address, "domain": DOMAIN},
        web={"port": PORT, "workers": 1} | web,
        sandbox={"enabled": False},  # nobody calls here, whatever the IP version of the address
    )
    home = Home(root)
    folders.make(home)
    certificates.ensure(home.tls, DOMAIN, {address})
    secrets.ensure(home.secrets)
    control.setup(settings)
    control.migrate()
    close()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRUNKLINE_")}
    environment |= {
        "TRUNKLINE_HOME": str(root),
        "PYTHONPATH": os.pathsep.join(python_path),
        "TRUNKLINE_SIP__ADDRESS": address,
        "TRUNKLINE_SIP__DOMAIN": DOMAIN,
        "TRUNKLINE_SANDBOX__ENABLED": "false",
    }
    for name, value in ({"port": PORT, "workers": 1} | web).items():
        environment[f"TRUNKLINE_WEB__{name.upper()}"] = value if isinstance(value, str) else json.dumps(value)
    for section, values in (("API", api), ("MAIL", mail)):
        for name, value in values.items():
            said = value if isinstance(value, str) else json.dumps(value)
            environment[f"TRUNKLINE_{section}__{name.upper()}"] = said
    with open(home.log / "web.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "trunkline", "node", "web"], env=environment, stdout=log, stderr=log
        )
    try:
        until(lambda: _answers(settings, process, home), 4 * PATIENCE, "the dashboard answers")  # it imports much
        yield settings, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def _answers(settings: Settings, process: subprocess.Popen, home: Home) -> bool:
    assert process.poll() is None, (home.log / "web.log").read_text()
    try:
        probes.web(settings.web_address, settings.web.port, settings.web.tls, timeout=1)
    except probes.Silent:
        return False
    return True
