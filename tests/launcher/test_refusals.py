"""The launcher's refusals: each in plain words, with what to do, and nothing left behind."""

import pytest


def refused(machine, *words):
    status, out, err = machine.launch(*(words or ("shell", "true")))
    assert status == 1
    assert out == ""
    assert machine.roots() == []
    return err


def test_without_root(machine):
    machine.command("id", "echo 1000")
    assert "must run as root (try: sudo ./trunkline" in refused(machine)


def test_help_needs_no_root(machine):
    machine.command("id", "echo 1000")
    status, out, _ = machine.launch("--help")
    assert status == 0
    assert "Usage: ./trunkline COMMAND" in out


def test_no_command(machine):
    status, _, err = machine.launch()
    assert status == 2
    assert "Usage: ./trunkline COMMAND" in err


@pytest.mark.parametrize("system", ["ID=fedora\nVERSION_ID=42\n", "ID=alpine\n", ""])
def test_other_systems(machine, system):
    machine.system(system)
    assert "not Debian or Ubuntu" in refused(machine)
    assert machine.calls("apt-get") == []


@pytest.mark.parametrize(
    "system", ["ID=ubuntu\nVERSION_ID=24.04\nID_LIKE=debian\n", "ID=mint\nID_LIKE='ubuntu debian'\n"]
)
def test_relatives_of_debian_get_a_root(machine, system):
    machine.system(system)
    assert machine.launch("shell", "true")[0] == 0
    assert len(machine.roots()) == 1


def test_unknown_system(machine):
    machine.environment["TRUNKLINE_OS_RELEASE"] = str(machine.root / "none")
    assert "this machine's system is unknown" in refused(machine)


def test_no_apt(machine):
    tools = machine.root / "tools"
    tools.mkdir()
    for tool in ("sh", "dirname", "readlink", "date", "id", "cat"):
        (tools / tool).symlink_to(f"/usr/bin/{tool}")
    machine.environment["PATH"] = str(tools)
    assert "no apt-get" in refused(machine)


def test_a_cache_that_cannot_be_made(machine):
    machine.environment["TRUNKLINE_CACHE"] = "/proc/trunkline"
    assert "set TRUNKLINE_CACHE" in refused(machine)


def test_no_mount_namespaces(machine):
    machine.command("bwrap", "echo 'bwrap: Creating new namespace failed: Operation not permitted' >&2; exit 1")
    err = refused(machine)
    assert "Creating new namespace failed" in err
    assert "unprivileged container" in err
    assert machine.calls("mmdebstrap") == []


def test_too_little_disk(machine):
    machine.command("df", "echo header; echo '/dev/vda 100 100 102400 99% /'")
    assert "has 100 MB free, and" in refused(machine)


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("E: Temporary failure resolving 'mirror.example'", "package servers cannot be reached"),
        ("E: Could not connect to mirror.example:80", "package servers cannot be reached"),
        ("W: GPG error: NO_PUBKEY 0123456789ABCDEF", "upgrade the package debian-archive-keyring"),
        ("cannot write: No space left on device", "The disk is full"),
        ("E: Unable to locate package kamailo", "deploy/packages.txt does not exist"),
        ("E: something else", "report it"),
    ],
)
def test_a_failed_build(machine, words, remedy):
    machine.command("mmdebstrap", MKDIR_AND_FAIL.format(words=words))
    err = refused(machine)
    assert "building the Debian 13 root failed" in err
    assert remedy in err
    assert words in err
    assert list(machine.cache.glob("building-*")) == []


MKDIR_AND_FAIL = """
for word in "$@"; do case $word in */building-*) mkdir -p "$word/etc" ;; esac; done
echo "{words}" >&2
exit 1
"""


def test_a_failed_environment(machine):
    machine.command(
        "bwrap", 'case "$*" in *"pip install"*) echo "a 1 requires b, which is not installed." && exit 1 ;; esac'
    )
    status, _, err = machine.launch("shell", "true")
    assert status == 1
    assert "does not pin everything" in err
    machine.command("bwrap", "")
    assert machine.launch("shell", "true")[0] == 0


def test_tests_on_a_platform_without_them(machine):
    machine.environment["TRUNKLINE_WITHOUT_TESTS"] = "1"
    status, _, err = machine.launch("test")
    assert status == 1
    assert "unset TRUNKLINE_WITHOUT_TESTS" in err
