"""Asking the dashboard byte by byte, as no browser does."""

import contextlib
import socket
import ssl

from browser.serving import DOMAIN, PORT


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
def connected(settings, host: str = DOMAIN, timeout: float = 15.0, source: str = ""):
    origin = (source, 0) if source else None
    context = ssl.create_default_context(cafile=str(settings.home / "tls" / "ca.crt"))
    with (
        socket.create_connection((settings.web_address, PORT), timeout=timeout, source_address=origin) as raw,
        context.wrap_socket(raw, server_hostname=host) as client,
    ):
        yield client


def get(path: str, host: str = DOMAIN) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()


def form_of_the_page(settings) -> tuple[str, str]:
    """The head of a POST of the page on which people sign in, but for its length, and the form's token."""
    page = exchange(settings, get("/sign-in")).decode()
    cookie = page.partition("__Host-csrf=")[2].partition(";")[0]
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    head = f"Host: {DOMAIN}\r\nReferer: https://{DOMAIN}/sign-in\r\nCookie: __Host-csrf={cookie}\r\n"
    return f"POST /sign-in HTTP/1.1\r\n{head}Content-Type: application/x-www-form-urlencoded\r\n", token


def sign_in(settings, **options) -> bytes:
    """A try to sign in, by somebody who is nobody's user."""
    head, token = form_of_the_page(settings)
    form = f"csrfmiddlewaretoken={token}&name=eve&password=x"
    request = f"{head}Content-Length: {len(form)}\r\nConnection: close\r\n\r\n{form}"
    return exchange(settings, request.encode(), **options)
