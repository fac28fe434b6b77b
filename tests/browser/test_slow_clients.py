"""Clients that are slow, or send too much: they keep nobody else out."""

import contextlib
import socket
import ssl

import pytest

from browser.asking import connected, exchange, form_of_the_page, get, sign_in
from browser.serving import DOMAIN, PORT
from harness.polling import until
from trunkline.cli.web import CONNECTIONS


def test_ten_megabytes_are_refused_unread(bare_dashboard):
    head = f"POST /sign-in HTTP/1.1\r\nHost: {DOMAIN}\r\nContent-Length: 10000000\r\nConnection: close\r\n\r\n"
    with connected(bare_dashboard[0]) as client:
        client.sendall(head.encode() + b"name=" + b"a" * 1000)
        answer = b""
        while b"too much at once" not in answer:  # before anything more of it is sent
            part = client.recv(65536)
            assert part, answer
            answer += part
    assert b" 413 " in answer.splitlines()[0]


@pytest.mark.parametrize(
    ("framing", "refusal"), [("Content-Length: 10000000", b" 413 "), ("Transfer-Encoding: chunked", b" 403 ")]
)
def test_who_sends_all_of_it_first_reads_that_it_is_refused(bare_dashboard, framing, refusal):
    head = f"POST /sign-in HTTP/1.1\r\nHost: {DOMAIN}\r\n{framing}\r\nConnection: close\r\n\r\n"
    body = b"a" * 10_000_000
    if "chunked" in framing:
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    assert refusal in exchange(bare_dashboard[0], head.encode() + body).splitlines()[0]


def test_clients_that_send_nothing_keep_nobody_out(bare_dashboard):
    settings, _ = bare_dashboard
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            half = stack.enter_context(connected(settings))
            half.sendall(b"GET /sign-in HTTP/1.1\r\nHost: ")
            stack.enter_context(socket.create_connection((settings.web_address, PORT)))  # not even a handshake
        assert b"Sign into Dashboard" in exchange(settings, get("/sign-in"), timeout=3)


def test_clients_that_never_say_what_they_want_are_disconnected(bare_dashboard):
    """Behind the handshake, where they might speak HTTP/2, too."""
    with connected(bare_dashboard[0], timeout=30) as client:
        assert client.recv(1) == b""


def test_clients_that_send_half_a_form_keep_nobody_out(bare_dashboard):
    """One that is read: it comes as from our own page."""
    settings, _ = bare_dashboard
    head, token = form_of_the_page(settings)
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            half = stack.enter_context(connected(settings))
            half.sendall(f"{head}Content-Length: 5000\r\n\r\ncsrfmiddlewaretoken={token}&name=a".encode())
        assert b"Sign into Dashboard" in exchange(settings, get("/sign-in"), timeout=3)
    assert b"is not right" in sign_in(settings)


def _heard(client: ssl.SSLSocket) -> bytes:
    """What has come by now."""
    client.setblocking(False)
    with contextlib.suppress(ssl.SSLWantReadError, ConnectionError):
        return client.recv(65536)
    return b""


def test_one_address_takes_no_more_than_its_share_with_them(bare_dashboard, addresses):
    settings, _ = bare_dashboard
    head, token = form_of_the_page(settings)
    half, source = f"{head}Content-Length: 5000\r\n\r\ncsrfmiddlewaretoken={token}&name=a".encode(), addresses.take()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connected(settings, source=source)) for _ in range(CONNECTIONS)]
        for client in clients:
            client.sendall(half)
        assert b"is not right" in sign_in(settings)
        until(lambda: any(b" 429 " in _heard(client) for client in clients), what="those beyond its share are refused")
    until(lambda: b"is not right" in sign_in(settings, source=source), what="those that are gone are forgotten")
    addresses.give_back(source)
