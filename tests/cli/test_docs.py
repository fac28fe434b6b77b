"""Every document leads where it says: links, files, settings and commands that are there."""

import re
from pathlib import Path

import click
import pytest

from trunkline.cli.main import COMMANDS as GROUPS
from trunkline.cli.main import trunkline
from trunkline.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = [ROOT / "README.md", ROOT / "deploy" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SECTIONS = {name: field.annotation for name, field in Settings.model_fields.items() if name != "home"}
SETTINGS = {f"{section}.{name}" for section, kind in SECTIONS.items() for name in kind.model_fields}
FILES = (".py", ".json", ".key", ".db", ".toml", ".log", ".crt", ".example")
_COMMAND = re.compile(rf"^(?:\./|/opt/trunkline/)?(trunkline )?((?:{'|'.join(GROUPS)})\b.*)$")


@pytest.fixture(scope="module", params=DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def document(request):
    return request.param


def _anchors(path: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def test_links_lead_somewhere(document):
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        file, _, anchor = link.partition("#")
        there = (document.parent / file).resolve() if file else document
        assert link.startswith("https:") or there.exists(), link
        assert not anchor or anchor in _anchors(there), link


def test_files_and_settings_that_are_named_exist(document):
    for span in set(re.findall(r"`([\w./-]+)`", document.read_text())):
        if re.match(r"(tests|src|bench|deploy|docs)/", span) and "NAME" not in span:
            assert (ROOT / span).exists(), span
        if span.partition(".")[0] in SECTIONS and re.fullmatch(r"\w+\.\w+", span) and not span.endswith(FILES):
            assert span in SETTINGS, span


def _spans(text: str) -> list[str]:
    """What stands between backticks, and the lines of blocks without their prompts and comments."""
    lines = [re.sub(r"^\s+(?:\w+# )?|\s+#.*$", "", line) for line in re.findall(r"^    .*$", text, re.MULTILINE)]
    spans = re.findall(r"`([^`]+)`", re.sub(r"^(```|    ).*$", "", text, flags=re.MULTILINE))
    return [part.strip() for span in (*lines, *spans) for part in re.split(r" && |; | \\?\| ", " ".join(span.split()))]


def test_commands_that_are_named_exist(document):
    for span in _spans(document.read_text()):
        found = _COMMAND.match(span)
        if not found or (not found[1] and len(found[2].split()) < 2):
            continue
        words, command = found[2].split(), trunkline
        while isinstance(command, click.Group) and words and words[0] in command.list_commands(click.Context(command)):
            command = command.get_command(click.Context(command), words.pop(0))
        known = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
        named = [re.split(r"[=…]", word)[0] for word in words if re.match(r"--?[a-z]", word)]
        assert set(named) <= known | {"--json", "--help"}, span
        assert not (isinstance(command, click.Group) and words and re.fullmatch(r"[a-z-]+", words[0])), span
