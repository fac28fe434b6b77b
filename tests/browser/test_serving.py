"""The server that faces the Internet: HTTPS with the node's certificate, as a user of its own, and its end."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from browser.asking import exchange, get, sign_in
from browser.serving import DOMAIN, PORT, served
from harness.polling import until
from trunkline.home import Home
from trunkline.node import staging


def test_its_certificate_is_the_nodes_for_its_name_and_its_address(bare_dashboard):
    settings, _ = bare_dashboard
    for host in (DOMAIN, settings.web_address):
        assert b"Sign into Dashboard" in exchange(settings, get("/sign-in", host), host)


def test_headers_are_those_of_a_security_checklist(bare_dashboard):
    head, _, body = exchange(bare_dashboard[0], get("/sign-in")).partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(": ")
        headers.setdefault(name.lower(), []).append(value)
    assert status == "HTTP/1.1 200 OK"
    policy = headers["content-security-policy"][0]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["x-frame-options"] == ["DENY"]
    assert headers["x-content-type-options"] == ["nosniff"]
    assert headers["referrer-policy"] == ["same-origin"]
    assert headers["cache-control"] == ["no-store"]
    assert "camera=()" in headers["permissions-policy"][0]
    assert "server" not in headers or "granian" not in headers["server"][0].lower()
    [cookie] = headers["set-cookie"]
    assert cookie.startswith("__Host-csrf=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert b"http://" not in body.replace(b"http://www.w3.org", b"")


def test_no_process_of_it_is_roots_or_can_become_it(bare_dashboard):
    _, process = bare_dashboard
    family = [process.pid, *_children(process.pid)]
    assert len(family) >= 2
    for pid in family:
        said = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        assert {int(word) for word in said["Uid"].split() + said["Gid"].split()} == {_user().pw_uid, _user().pw_gid}
        assert said["Groups"].strip() == ""
        assert int(said["NoNewPrivs"]) == 1
        assert {int(said[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}
        assert Path(f"/proc/{pid}/cwd").readlink() == Path("/")


def test_it_cannot_read_the_nodes_secrets_and_nobody_else_can_read_its_copies(bare_dashboard):
    home = Home(bare_dashboard[0].home)
    (home.root / "trunkline.toml").write_text("")
    (home.root / "trunkline.toml").chmod(0o600)
    web = home.run / "web"
    for path in (home.secrets, home.tls / "ca.key", home.tls / "node.key", home.root / "trunkline.toml"):
        assert _reads("root", path)
        assert not _reads("trunkline", path), path
    for path in (web / "secret", web / "settings.json", web / "node.key", home.root / "control.db"):
        assert _reads("trunkline", path)
        assert not _reads("nobody", path), path
    assert not _reads("nobody", web / "src" / "trunkline" / "__init__.py")
    for folder in (home.root, home.run, web, web / "src" / "trunkline"):
        assert not _runs("trunkline", "test", "-w", str(folder)), folder


def test_root_and_it_write_to_the_database_by_turns(bare_dashboard):
    settings, _ = bare_dashboard
    from trunkline import control
    from trunkline.control.database import close

    def tries() -> int:
        from trunkline.control.users.models import SignIn

        try:
            return SignIn.objects.count()
        finally:
            close()  # as every command does, which then might be the last to have it open

    control.setup(settings)
    from trunkline.control import services

    for n in range(3):
        assert services.accounts.create(f"account{n}")
        assert tries() == n
        assert b"is not right" in sign_in(settings)
    assert tries() == 3
    for suffix in ("", "-wal", "-shm"):
        status = (settings.home / f"control.db{suffix}").stat()
        assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (0, _user().pw_gid, 0o660), suffix


def test_its_log_warns_of_nothing_when_all_is_well(addresses):
    with served(addresses.take()) as (settings, _):
        log = (Home(settings.home).log / "web.log").read_text()
    assert "Started worker" in log
    assert "WARNING" not in log


def test_another_host_is_refused(bare_dashboard):
    assert b" 400 " in exchange(bare_dashboard[0], get("/sign-in", "evil.example")).splitlines()[0]


def test_plain_http_is_not_served(bare_dashboard):
    settings, _ = bare_dashboard
    with socket.create_connection((settings.web_address, PORT), timeout=5) as client:
        client.sendall(get("/sign-in"))
        with contextlib.suppress(ConnectionError):
            assert b"Sign into" not in client.recv(65536)


def test_behind_a_proxy_it_speaks_http_to_that_proxy_alone(addresses):
    address = addresses.take()
    with (
        served(address, port=80, tls=False, proxies=[address], hosts=["trunk.example"]),
        contextlib.ExitStack() as stack,
    ):

        def ask(own: str, scheme: str) -> bytes:
            client = stack.enter_context(socket.create_connection((address, 80), 5, source_address=(own, 0)))
            head = f"Host: trunk.example\r\nX-Forwarded-For: 203.0.113.5\r\nX-Forwarded-Proto: {scheme}\r\n"
            client.sendall(f"GET /sign-in HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode())
            return b"".join(iter(lambda: client.recv(65536), b""))

        proxied = ask(address, "https")
        assert b"Sign into Dashboard" in proxied
        assert b"strict-transport-security: max-age=31536000" in proxied.lower()
        for answer in (ask(address, "http"), ask(addresses.take(), "https")):
            assert answer.startswith(b"HTTP/1.1 403 ")
            assert b"Only over HTTPS" in answer


@pytest.fixture
def ipv6_port():
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
        return probe.getsockname()[1]


def test_ipv6(ipv6_port):
    with served("::1", port=ipv6_port):
        pass  # it has answered


def test_a_proxy_that_comes_by_ipv4_is_believed_where_the_dashboard_listens_at_any_address(ipv6_port):
    with (
        served("::1", address="::", port=ipv6_port, tls=False, proxies=["127.0.0.1"], hosts=["trunk.example"]),
        socket.create_connection(("127.0.0.1", ipv6_port), 5) as client,
    ):
        head = "Host: trunk.example\r\nX-Forwarded-For: 203.0.113.5\r\nX-Forwarded-Proto: https\r\n"
        client.sendall(f"GET /sign-in HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert b"Sign into Dashboard" in answer


def test_nothing_outlives_a_server_that_was_killed(addresses):
    with served(addresses.take()) as (_, process):
        children = _children(process.pid)
        assert children
        os.kill(process.pid, signal.SIGKILL)
        process.wait(5)
        until(lambda: not any(_alive(pid) for pid in children), 30, "its workers end")


def test_the_program_may_lie_where_only_root_gets(addresses, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(staging.PACKAGE, closed / "trunkline")
    assert not _runs("trunkline", "ls", str(closed))
    with served(addresses.take(), program=closed) as (settings, _):
        assert b"Sign into Dashboard" in exchange(settings, get("/sign-in"))
        assert b"--accent" in exchange(settings, get("/static/colours.css"))


def test_a_machine_without_its_user_is_told_so(monkeypatch):
    monkeypatch.setattr(staging, "USER", "nosuchuser")
    with pytest.raises(staging.StagingError, match="adduser --system --group --no-create-home nosuchuser"):
        staging.group()


def _user() -> pwd.struct_passwd:
    return pwd.getpwnam("trunkline")


def _reads(user: str, path: Path) -> bool:
    return _runs(user, "head", "-c1", str(path))


def _runs(user: str, *words: str) -> bool:
    entry = pwd.getpwnam(user)
    options = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": [], "capture_output": True}
    return subprocess.run(words, check=False, **options).returncode == 0


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
