"""A TLS server as they were before RFC 5746 (2010), made of GnuTLS: OpenSSL, and so Python, makes none."""

import contextlib
import ctypes
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

SERVER, CERTIFICATE, PEM = 1, 1, 1  # as gnutls.h numbers them
# By the names of GnuTLS, below the security level that it has today
PRIORITY = "NORMAL:-VERS-ALL:+VERS-{}:+SHA1:%DISABLE_SAFE_RENEGOTIATION:%VERIFY_ALLOW_SIGN_WITH_SHA1"


class LegacyServer:
    """`answer` gets each record that comes over a connection that was set up, and says what goes back."""

    def __init__(self, listener: socket.socket, certificate: Path, key: Path, version: str):
        self.port = listener.getsockname()[1]
        self.answer: Callable[[bytes], bytes] = lambda _record: b""
        self._listener, self._priority = listener, PRIORITY.format(version).encode()
        self._tls = ctypes.CDLL("libgnutls.so.30")
        self._tls.gnutls_record_recv.restype = ctypes.c_ssize_t
        self._tls.gnutls_record_send.argtypes = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
        self._connection: socket.socket | None = None
        self._credentials = ctypes.c_void_p()
        self._tls.gnutls_certificate_allocate_credentials(ctypes.byref(self._credentials))
        files = str(certificate).encode(), str(key).encode()
        if self._tls.gnutls_certificate_set_x509_key_file(self._credentials, *files, PEM) < 0:
            raise ValueError("GnuTLS does not read this certificate")

    def serve(self) -> None:
        """Take one connection after the other, until `stop`."""
        with contextlib.suppress(OSError):
            while True:
                with self._listener.accept()[0] as self._connection:
                    self._listen_to(self._connection)

    def stop(self) -> None:
        for ours in filter(None, (self._listener, self._connection)):
            with contextlib.suppress(OSError):  # it may be over already
                ours.shutdown(socket.SHUT_RDWR)

    def _listen_to(self, connection: socket.socket) -> None:
        tls, session, buffer = self._tls, ctypes.c_void_p(), ctypes.create_string_buffer(65535)
        tls.gnutls_init(ctypes.byref(session), SERVER)
        if tls.gnutls_priority_set_direct(session, self._priority, None) < 0:
            raise ValueError(f"GnuTLS does not know {self._priority.decode()}")
        tls.gnutls_credentials_set(session, CERTIFICATE, self._credentials)
        tls.gnutls_transport_set_int2(session, connection.fileno(), connection.fileno())
        if tls.gnutls_handshake(session) == 0:
            while (length := tls.gnutls_record_recv(session, buffer, len(buffer))) > 0:
                if back := self.answer(buffer.raw[:length]):
                    tls.gnutls_record_send(session, back, len(back))
        tls.gnutls_deinit(session)


@contextlib.contextmanager
def legacy_server(address: str, certificate: Path, key: Path, version: str) -> Iterator[LegacyServer]:
    """One that speaks one version ("TLS1.0" to "TLS1.2") at a free port of an address."""
    with socket.create_server((address, 0)) as listener:
        server = LegacyServer(listener, certificate, key, version)
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.stop()
            thread.join()
