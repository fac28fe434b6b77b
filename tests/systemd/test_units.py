"""The units of deploy/systemd under a running systemd: a node that boots, is restarted, backed up and stopped."""

import pytest

from harness.polling import until

pytestmark = [pytest.mark.engines, pytest.mark.long]

TRUNKLINE = "/opt/trunkline/trunkline"
HOME = "/var/lib/trunkline"


def test_a_node_is_up_after_the_boot(machine):
    """All of it, calls too, within the limits that systemd sets."""
    assert machine.show("trunkline", "ActiveState", "NRestarts") == {"ActiveState": "active", "NRestarts": "0"}
    until(lambda: machine.run(TRUNKLINE, "status").returncode == 0, what="every part is well")
    machine.do(TRUNKLINE, "check")
    [pid] = machine.do("pgrep", "-f", "trunkline.node.manager").split()
    said = dict(line.split(":\t", 1) for line in machine.do("cat", f"/proc/{pid}/status").splitlines() if ":\t" in line)
    assert said["NoNewPrivs"] == "1"
    assert not int(said["CapBnd"], 16) >> 21 & 1, "the drop-in of Debian 13 takes CAP_SYS_ADMIN away"
    assert machine.run("nsenter", "-t", pid, "-m", "touch", "/usr/written").returncode, "ProtectSystem is not in force"


def test_the_backup_is_made_and_its_timer_waits(machine):
    assert "trunkline-backup.service" in machine.do("systemctl", "list-timers", "--no-pager")
    machine.do("systemctl", "start", "trunkline-backup.service")
    [made] = machine.do("find", f"{HOME}/backups", "-type", "f", "-printf", "%m %f\n").splitlines()
    assert made.startswith("600 trunkline-"), made


def test_a_part_that_dies_comes_back_without_a_restart_of_the_unit(machine):
    before = machine.show("trunkline", "MainPID", "NRestarts")
    killed = set(machine.do("pgrep", "-f", "^kamailio -f").split())
    machine.do("pkill", "-KILL", "-f", "^kamailio -f")

    def back() -> bool:
        found = set(machine.run("pgrep", "-f", "^kamailio -f").stdout.split())
        return bool(found) and not found & killed and machine.run(TRUNKLINE, "status").returncode == 0

    until(back, what="Kamailio is back")
    assert machine.show("trunkline", "MainPID", "NRestarts") == before


def test_systemd_starts_a_node_again_whose_up_was_killed(machine):
    """With all that it had started; nothing of the old one is left in the new one's way."""
    starts, killed = machine.starts(), machine.show("trunkline", "MainPID")["MainPID"]
    old = set(machine.do("pgrep", "-f", "trunkline|kamailio -f|rtpengine --").split())
    machine.do("kill", "-KILL", killed)
    machine.wait_for_start(starts)
    assert machine.show("trunkline", "ActiveState", "NRestarts") == {"ActiveState": "active", "NRestarts": "1"}
    assert not old & set(machine.do("pgrep", "-f", "trunkline|kamailio -f|rtpengine --").split())


def test_it_is_restarted_and_stopped_in_order(machine):
    starts = machine.starts()
    machine.do("systemctl", "restart", "trunkline")
    machine.wait_for_start(starts)
    machine.do("systemctl", "stop", "trunkline")
    assert machine.show("trunkline", "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}
    assert machine.run("pgrep", "-f", "trunkline|kamailio -f|rtpengine --").stdout == "", "something was left behind"
    assert "Killing process" not in machine.journal(), "a part had to be killed"
