"""README's commands, as they are written there."""

import asyncio
import re
import shlex
import tempfile
from pathlib import Path

import pytest

from harness.node import eventually
from harness.polling import until

README = (Path(__file__).parents[2] / "README.md").read_text()
# Indented lines; one that ends in a backslash goes on.
COMMANDS = [" ".join(found.split("\\\n")) for found in re.findall(r"(?m)^    ((?:.*\\\n)*.*)$", README)]


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("baresip ")], ids=["sound", "no sound"])
async def test_a_first_call_with_baresip(node, command):
    """It is answered, and ends when baresip does."""
    shown = await asyncio.to_thread(node.ask, "sandbox", "show")
    for word, value in (("KEY", shown["key"]), ("SECRET", shown["secret"]), ("SERVER", f"{node.address}:5060")):
        command = command.replace(word, value)
    words = shlex.split(command)
    number = re.search(r"/dial sip:\+([0-9]+)@", command)[1]
    before = len(await asyncio.to_thread(node.records, number))
    with tempfile.TemporaryDirectory() as folder:  # its own settings, not those of whoever runs the tests
        process = await asyncio.create_subprocess_exec(
            words[0], "-f", folder, "-t", "4", *words[1:], stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await asyncio.wait_for(process.communicate(), 30)

    def fresh() -> dict | None:
        found = node.records(number)
        return found[0] if len(found) > before and found[0]["ended"] else None

    record = await eventually(fresh, what=f"a record of the call; baresip said {output.decode(errors='replace')}")
    assert (record["outcome"], record["code"], record["hung_up_by"]) == ("answered", 200, "caller")
    if "aubridge" in command:
        assert record["duration"] > 1


def test_the_operators_commands(node):
    """Those after the first call: an account, a key, a number, a carrier, and what became of the calls."""
    lines = [c.partition("#")[0] for c in COMMANDS if c.startswith("./trunkline ")]
    words = [shlex.split(line)[1:] for line in lines]
    words = [w for w in words if w[0] not in ("up", "test")]
    assert len(words) >= 9
    for command in words:
        if command[-1] == "UID":
            command[-1] = node.ask("calls", "list")[0]["uid"]
        ran = node.run(*command)
        assert ran.returncode == 0, (command, ran.stdout, ran.stderr)


def test_the_registered_pbx_is_listed(node):
    found = until(lambda: node.ask("node", "registered"), 30, "the test PBX registers")
    assert [(one["account"], one["user_agent"]) for one in found] == [("sandbox", "Trunkline sandbox")]
