"""The server that faces the Internet: HTTPS with the node's certificate, slow and large clients, and its end."""

import contextlib
import os
import signal
import socket
import ssl
from pathlib import Path

import pytest

from browser.serving import DOMAIN, PORT, served
from harness.polling import until


@pytest.fixture(scope="module")
def dashboard(addresses, tmp_path_factory):
    address = addresses.take()
    with served(tmp_path_factory.mktemp("web") / "home", address) as (settings, process):
        yield settings, process
    addresses.give_back(address)


def exchange(settings, request: bytes, host: str = DOMAIN, **options) -> bytes:
    """All that is answered to these bytes, by a client that trusts the node's CA alone."""
    with connected(settings, host, **options) as client:
        client.sendall(request)
        answer = b""
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            while part := client.recv(65536):
                answer += part
        return answer


@contextlib.contextmanager
def connected(settings, host: str = DOMAIN, timeout: float = 15.0):
    context = ssl.create_default_context(cafile=str(settings.home / "tls" / "ca.crt"))
    with (
        socket.create_connection((settings.web_address, PORT), timeout=timeout) as raw,
        context.wrap_socket(raw, server_hostname=host) as client,
    ):
        yield client


def get(path: str, host: str = DOMAIN) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()


def test_its_certificate_is_the_nodes_for_its_name_and_its_address(dashboard):
    settings, _ = dashboard
    for host in (DOMAIN, settings.web_address):
        assert b"Sign into Dashboard" in exchange(settings, get("/sign-in", host), host)


def test_headers_are_those_of_a_security_checklist(dashboard):
    head, _, body = exchange(dashboard[0], get("/sign-in")).partition(b"\r\n\r\n")
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


def test_another_host_is_refused(dashboard):
    assert b" 400 " in exchange(dashboard[0], get("/sign-in", "evil.example")).splitlines()[0]


def test_ten_megabytes_are_refused_unread(dashboard):
    head = f"POST /sign-in HTTP/1.1\r\nHost: {DOMAIN}\r\nContent-Length: 10000000\r\nConnection: close\r\n\r\n"
    answer = exchange(dashboard[0], head.encode() + b"name=" + b"a" * 1000)
    assert b" 413 " in answer.splitlines()[0]
    assert b"too much at once" in answer


def test_clients_that_send_nothing_keep_nobody_out(dashboard):
    settings, _ = dashboard
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            half = stack.enter_context(connected(settings))
            half.sendall(b"GET /sign-in HTTP/1.1\r\nHost: ")
            stack.enter_context(socket.create_connection((settings.web_address, PORT)))  # not even a handshake
        assert b"Sign into Dashboard" in exchange(settings, get("/sign-in"), timeout=3)


def test_clients_that_send_half_a_form_keep_nobody_out(dashboard):
    settings, _ = dashboard
    head = f"POST /sign-in HTTP/1.1\r\nHost: {DOMAIN}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            half = stack.enter_context(connected(settings))
            half.sendall(f"{head}Content-Length: 5000\r\n\r\nname=a".encode())
        assert b"Sign into Dashboard" in exchange(settings, get("/sign-in"), timeout=3)


def test_plain_http_is_not_served(dashboard):
    settings, _ = dashboard
    with socket.create_connection((settings.web_address, PORT), timeout=5) as client:
        client.sendall(get("/sign-in"))
        with contextlib.suppress(ConnectionError):
            assert b"Sign into" not in client.recv(65536)


def test_behind_a_proxy_it_speaks_http_to_that_proxy_alone(addresses, tmp_path):
    address = addresses.take()
    with (
        served(tmp_path / "home", address, tls=False, proxies=[address], hosts=["trunk.example"]),
        contextlib.ExitStack() as stack,
    ):

        def ask(own: str, scheme: str) -> bytes:
            client = stack.enter_context(socket.create_connection((address, PORT), 5, source_address=(own, 0)))
            head = f"Host: trunk.example\r\nX-Forwarded-For: 203.0.113.5\r\nX-Forwarded-Proto: {scheme}\r\n"
            client.sendall(f"GET /sign-in HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode())
            return b"".join(iter(lambda: client.recv(65536), b""))

        proxied = ask(address, "https")
        assert b"Sign into Dashboard" in proxied
        assert b"strict-transport-security: max-age=31536000" in proxied.lower()
        for answer in (ask(address, "http"), ask(addresses.take(), "https")):
            assert answer.startswith(b"HTTP/1.1 403 ")
            assert b"Only over HTTPS" in answer


def test_ipv6(tmp_path):
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
        port = probe.getsockname()[1]
    with served(tmp_path / "home", "::1", port=port):
        pass  # it has answered


def test_nothing_outlives_a_server_that_was_killed(addresses, tmp_path):
    with served(tmp_path / "home", addresses.take()) as (_, process):
        children = _children(process.pid)
        assert children
        os.kill(process.pid, signal.SIGKILL)
        process.wait(5)
        until(lambda: not any(_alive(pid) for pid in children), 5, "its workers end")


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
