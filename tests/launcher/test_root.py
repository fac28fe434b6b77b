"""Building the root and the environment: once, whole or not at all, under a name that says what is in them."""

import pytest

from launcher.conftest import MMDEBSTRAP


def test_second_launch_builds_nothing(machine):
    first = machine.launch("shell", "true")
    second = machine.launch("shell", "true")
    assert first[0] == second[0] == 0
    assert "building a Debian 13 root" in first[2]
    assert second[2] == ""
    assert len(machine.calls("mmdebstrap")) == 1


def test_a_package_more_is_another_root(machine):
    machine.launch("prepare")
    machine.edit("packages.txt", "sqlite3 ", "sqlite3\njq\n# ")
    machine.launch("prepare")
    assert len(machine.roots()) == len(machine.environments()) == 2
    assert ",jq," in machine.calls("mmdebstrap")[-1]


def test_a_comment_is_the_same_root(machine):
    machine.launch("prepare")
    machine.edit("packages.txt", "# The edge", "# About the edge")
    machine.edit("requirements.txt", "# Settings", "# About settings")
    machine.launch("prepare")
    assert len(machine.roots()) == len(machine.environments()) == 1


def test_another_way_to_build_is_another_root(machine):
    machine.launch("prepare")
    machine.edit("root.sh", "--variant=minbase", "--variant=apt")
    machine.launch("prepare")
    assert len(machine.roots()) == 2


def test_a_library_more_is_another_environment_in_the_same_root(machine):
    machine.launch("prepare")
    machine.edit("requirements.txt", "rich==", "attrs==25.1.0\nrich==")
    machine.launch("prepare")
    assert len(machine.roots()) == 1
    assert len(machine.environments()) == 2


def test_without_tests(machine):
    machine.environment["TRUNKLINE_WITHOUT_TESTS"] = "1"
    machine.launch("prepare")
    (include,) = [word for word in machine.calls("mmdebstrap")[0].split() if word.startswith("--include=")]
    assert "kamailio" in include
    assert "sip-tester" not in include
    libraries = next(machine.cache.glob("venv-*/requirements.txt")).read_text()
    assert "Django==" in libraries
    assert "pytest" not in libraries


@pytest.mark.parametrize("stamp", ["etc/trunkline-platform"])
def test_a_half_built_root_is_built_again(machine, stamp):
    machine.launch("prepare")
    (machine.cache / machine.roots()[0] / stamp).unlink()
    assert machine.launch("prepare")[0] == 0
    assert len(machine.calls("mmdebstrap")) == 2
    assert (machine.cache / machine.roots()[0] / stamp).exists()


def test_a_half_built_environment_is_built_again(machine):
    machine.launch("prepare")
    venv = machine.cache / machine.environments()[0]
    (venv / "complete").unlink()
    (venv / "rubbish").touch()
    assert machine.launch("prepare")[0] == 0
    assert (venv / "complete").exists()
    assert not (venv / "rubbish").exists()
    assert len(machine.calls("mmdebstrap")) == 1


def test_what_a_killed_build_left_is_removed(machine):
    (machine.cache / "building-abc" / "root").mkdir(parents=True)
    machine.launch("prepare")
    assert list(machine.cache.glob("building-*")) == []


def test_two_launches_at_once_build_once(machine):
    go_on = machine.root / "go-on"
    machine.command("mmdebstrap", f"until [ -e {go_on} ]; do sleep 0.05; done\n{MMDEBSTRAP}")
    first = machine.start("prepare")
    assert "building a Debian 13 root" in first.stderr.readline()
    second = machine.start("prepare")
    assert "another launch is building the platform" in second.stderr.readline()
    go_on.touch()
    errors = [process.communicate(timeout=30)[1] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0)
    assert "building" not in errors[1]
    assert len(machine.roots()) == len(machine.calls("mmdebstrap")) == 1


def test_builders_come_from_the_hosts_packages(machine):
    machine.edit("root.sh", "/usr/share/keyrings/debian-archive-keyring.gpg", str(machine.root / "keyring"))
    machine.command("apt-get", f'case "$*" in *" install "*) touch {machine.root}/keyring ;; esac')
    status, _, err = machine.launch("prepare")
    assert status == 0
    assert "installing mmdebstrap, bubblewrap" in err
    calls = machine.calls("apt-get")
    assert calls[0].endswith("update")
    assert calls[1].endswith("install --no-install-recommends mmdebstrap bubblewrap debian-archive-keyring")


def test_the_hosts_mirror_and_proxy_are_used(machine):
    machine.command(
        "apt-get",
        "echo 'Debian|http://mirror.example/debian/'; echo 'Debian-Security|http://mirror.example/security/';"
        "echo 'Debian Backports|http://elsewhere.example/'",
    )
    machine.command("apt-config", "echo \"http_proxy='http://proxy.example:3128'\"")
    machine.command("mmdebstrap", f'echo "$http_proxy" >"$LOG/proxy"\n{MMDEBSTRAP}')
    machine.launch("prepare")
    text = "\n".join(machine.calls("mmdebstrap"))
    assert "deb http://mirror.example/debian/ trixie main" in text
    assert "deb http://mirror.example/security/ trixie-security main" in text
    assert "elsewhere" not in text
    assert machine.calls("proxy") == ["http://proxy.example:3128"]


def test_no_debian_mirror_on_the_host(machine):
    machine.launch("prepare")
    assert machine.calls("mmdebstrap")[0].split()[-2] == "trixie"
