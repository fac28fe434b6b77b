"""On Debian 13 the packages go into the machine, and Debian's own services stay off."""

import pytest

from launcher.conftest import DEBIAN_13


@pytest.fixture
def debian_13(machine):
    """Debian 13, on which nothing is installed until apt-get has installed it."""
    machine.system(DEBIAN_13)
    machine.edit("native.sh", "policy=/usr/sbin/policy-rc.d", f"policy={machine.root}/policy-rc.d")
    machine.edit("native.sh", "stamp=/etc/trunkline-platform", f"stamp={machine.root}/stamp")
    machine.edit("venv.sh", "/usr/bin/python3 -m venv", ": ")
    machine.edit("venv.sh", '"$1/bin/python" -m pip', ": ")
    installed = f"{machine.root}/installed"
    machine.command(
        "dpkg-query",
        f'shift 2; for p in "$@"; do if [ "$p" != -f ] && grep -qsx "$p" {installed}; then echo "ii "; fi; done',
    )
    machine.command(
        "apt-get",
        f'case "$*" in *" install "*) cat {machine.root}/policy-rc.d >"$LOG/policy"\n'
        f'printf "%s\\n" "$@" >>{installed} ;; esac',
    )
    machine.command("systemctl")
    machine.command("adduser", 'touch "$LOG/user"', records=True)
    machine.command("getent", 'test -e "$LOG/user"')
    return machine


def test_installs_once(debian_13):
    status, out, _ = debian_13.launch("shell", "echo", "hello")
    assert (status, out) == (0, "hello\n")
    assert debian_13.launch("shell", "true") == (0, "", "")
    assert len(debian_13.calls("apt-get")) == 2  # update, install
    assert debian_13.roots() == []
    assert debian_13.calls("bwrap") == []


def test_the_dashboard_gets_a_user_of_its_own(debian_13):
    debian_13.launch("prepare")
    [made] = debian_13.calls("adduser")
    assert made.endswith(" trunkline")
    assert {"--system", "--group", "--no-create-home"} <= set(made.split())
    assert debian_13.launch("prepare")[2] == ""
    assert len(debian_13.calls("adduser")) == 1


def test_services_are_not_started_and_are_left_disabled(debian_13):
    debian_13.launch("prepare")
    assert "exit 101" in debian_13.calls("policy")
    assert not (debian_13.root / "policy-rc.d").exists()
    assert debian_13.calls("systemctl") == [
        f"--quiet disable {service}.service"
        for service in ("kamailio", "rtpengine-daemon", "redis-server", "postgresql", "knot")
    ]


def test_the_owners_policy_is_put_back(debian_13):
    policy = debian_13.root / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    debian_13.launch("prepare")
    assert "exit 101" in debian_13.calls("policy")
    assert policy.read_text() == "#!/bin/sh\nexit 0\n"


def test_the_owners_policy_is_put_back_when_apt_fails(debian_13):
    policy = debian_13.root / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    debian_13.command("apt-get", 'case "$*" in *" install "*) echo "E: no" >&2; exit 100 ;; esac')
    status, _, err = debian_13.launch("prepare")
    assert status == 1
    assert "installing packages" in err
    assert policy.read_text() == "#!/bin/sh\nexit 0\n"


def test_a_service_that_was_there_is_left_alone(debian_13):
    (debian_13.root / "installed").write_text("postgresql\n")
    debian_13.launch("prepare")
    assert "--quiet disable postgresql.service" not in debian_13.calls("systemctl")
    assert "--quiet disable kamailio.service" in debian_13.calls("systemctl")


def test_too_little_disk(debian_13):
    debian_13.command("df", "echo header; echo '/dev/vda 100 100 102400 99% /'")
    status, _, err = debian_13.launch("prepare")
    assert status == 1
    assert "/ has 100 MB free, and 2000 MB are needed" in err
    assert debian_13.calls("apt-get") == []


def test_inside_a_root_with_another_list(debian_13):
    (debian_13.root / "stamp").touch()
    status, _, err = debian_13.launch("shell", "true")
    assert status == 1
    assert "leave it, and run the command again" in err
    assert debian_13.calls("apt-get") == []
