"""The lists that the platform is made of, and what is made from them."""

import re
import subprocess
from importlib.metadata import distributions

import yaml

from launcher.conftest import CLONE

DEPLOY = CLONE / "deploy"


def entries(name):
    lines = (line.partition("#")[0].strip() for line in (DEPLOY / name).read_text().splitlines())
    return [line for line in lines if line]


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_packages_are_names_and_come_once():
    packages = entries("packages.txt")
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", package) for package in packages)
    assert len(set(packages)) == len(packages)


def test_libraries_are_pinned_and_come_once():
    libraries = entries("requirements.txt")
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9.]*", library) for library in libraries)
    names = [normal(library.partition("==")[0]) for library in libraries]
    assert len(set(names)) == len(names)


def test_nothing_unpinned_is_installed():
    pinned = {
        normal(name): version for name, _, version in (line.partition("==") for line in entries("requirements.txt"))
    }
    installed = {
        normal(found.name): found.version for found in distributions() if found.name not in ("pip", "trunkline")
    }
    assert installed == pinned


def test_the_shell_code_is_clean():
    subprocess.run(["shellcheck", "-x", "trunkline", ".ci/run"], cwd=CLONE, check=True)


def test_the_image_is_made_by_the_launcher():
    steps = [line.split(maxsplit=1) for line in (DEPLOY / "Dockerfile").read_text().splitlines() if line[:1].isupper()]
    said = {name: [words for step, words in steps if step == name] for name, _ in steps}
    assert said["FROM"] == ["debian:trixie-slim"]
    assert said["RUN"][0].startswith("./trunkline prepare")
    assert all((CLONE / words.split()[0]).exists() for words in said["COPY"])
    assert steps.index(["COPY", "deploy ./deploy"]) < steps.index(["RUN", said["RUN"][0]])


def test_the_compose_file():
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["trunkline"]
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).resolve() == DEPLOY / "Dockerfile"
    assert service["network_mode"] == "host"
    assert service["volumes"] == ["home:/var/lib/trunkline"]
