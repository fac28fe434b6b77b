"""SIP over UDP, TCP and TLS (RFC 3261 §18): listening, connecting, and cutting streams into messages."""

import asyncio
import ssl
from collections.abc import Callable
from typing import NamedTuple

from trunkline.sandbox.message import Framer, ParseError

STREAMS = ("tcp", "tls")
BIND_ATTEMPTS = 20


class Hop(NamedTuple):
    """Where to send: a transport, an IP address or name, a port."""

    transport: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.transport}:{self.host}:{self.port}"


class Flow:
    """A way back to a peer: a UDP address, or a connection."""

    def __init__(self, remote: Hop, local: tuple[str, int], write: Callable[[bytes], None], closing=lambda: False):
        self.remote, self.local, self._write, self._closing = remote, local, write, closing

    @property
    def closed(self) -> bool:
        return self._closing()

    def send(self, data: bytes) -> None:
        self._write(data)


type Receive = Callable[[bytes, Flow], None]


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, receive: Receive):
        self._receive = receive

    def connection_made(self, transport):
        self._transport = transport

    def flow(self, host: str, port: int) -> Flow:
        local = self._transport.get_extra_info("sockname")[:2]
        return Flow(Hop("udp", host, port), local, lambda data: self._transport.sendto(data, (host, port)))

    def datagram_received(self, data, addr):
        self._receive(data, self.flow(*addr[:2]))

    def close(self):
        self._transport.close()


class _Stream(asyncio.Protocol):
    def __init__(self, name: str, receive: Receive, connections: dict[Hop, "_Stream"], open_: set["_Stream"]):
        self._name, self._receive, self._connections, self._open = name, receive, connections, open_
        self._framer = Framer()
        self.broken = ""  # why the peer's bytes could not be read

    def connection_made(self, transport):
        self._transport = transport
        remote = Hop(self._name, *transport.get_extra_info("peername")[:2])
        self.flow = Flow(remote, transport.get_extra_info("sockname")[:2], transport.write, transport.is_closing)
        self._connections[remote] = self
        self._open.add(self)

    def data_received(self, data):
        try:
            messages = self._framer.feed(data)
        except ParseError as error:
            self.broken = str(error)
            return self._transport.close()
        for message in messages:
            self._receive(message, self.flow)
        return None

    def connection_lost(self, exc):
        self._open.discard(self)
        if self._connections.get(self.flow.remote) is self:
            del self._connections[self.flow.remote]

    def close(self):
        self._transport.abort()


class Transport:
    """All of one agent's sockets. Everything received goes to one function, with the flow to answer on."""

    def __init__(self, address: str, receive: Receive, client_tls: ssl.SSLContext | None = None):
        self.address, self._receive = address, receive
        self.ports: dict[str, int] = {}  # transport -> the port that it listens on
        self.behind: dict[str, str] = {}  # a host -> the one that is meant by it
        self._client_tls = client_tls or client_context()
        self._datagrams: _Datagrams | None = None
        self._servers: list[asyncio.Server] = []
        self._connections: dict[Hop, _Stream] = {}
        self._open: set[_Stream] = set()

    async def listen(self, transports, port: int, tls_port: int, server_tls: ssl.SSLContext | None) -> None:
        """Listen; UDP and TCP share a port. Port 0 lets the system choose."""
        for attempt in range(BIND_ATTEMPTS):
            try:
                await self._listen(transports, port, tls_port, server_tls)
                return
            except OSError:
                await self.close()
                # A port that was free for UDP may be taken for TCP: only a port of the system's choice is tried again.
                if port or attempt == BIND_ATTEMPTS - 1:
                    raise

    async def _listen(self, transports, port, tls_port, server_tls):
        loop = asyncio.get_running_loop()
        if "udp" in transports:
            _, self._datagrams = await loop.create_datagram_endpoint(
                lambda: _Datagrams(self._receive), local_addr=(self.address, port)
            )
            port = self.ports["udp"] = self._datagrams.flow("", 0).local[1]
        if "tcp" in transports:
            server = await loop.create_server(lambda: self._stream("tcp"), self.address, port)
            self.ports["tcp"] = server.sockets[0].getsockname()[1]
            self._servers.append(server)
        if "tls" in transports and server_tls:
            server = await loop.create_server(lambda: self._stream("tls"), self.address, tls_port, ssl=server_tls)
            self.ports["tls"] = server.sockets[0].getsockname()[1]
            self._servers.append(server)

    def _stream(self, name: str) -> _Stream:
        return _Stream(name, self._receive, self._connections, self._open)

    async def flow(self, hop: Hop, timeout: float = 5.0) -> Flow:
        """The flow to a hop; an open connection is used again. Raises OSError (ssl.SSLError and a timeout are such)."""
        hop = hop._replace(host=self.behind.get(hop.host, hop.host))
        if hop.transport == "udp":
            if not self._datagrams:
                raise OSError(f"this agent has no UDP socket to reach {hop} with")
            return self._datagrams.flow(hop.host, hop.port)
        existing = self._connections.get(hop)
        if existing and not existing.flow.closed:
            return existing.flow
        loop = asyncio.get_running_loop()
        tls = {"ssl": self._client_tls, "server_hostname": hop.host} if hop.transport == "tls" else {}
        async with asyncio.timeout(timeout):
            _, stream = await loop.create_connection(
                lambda: self._stream(hop.transport), hop.host, hop.port, local_addr=(self.address, 0), **tls
            )
        return stream.flow

    def stop_listening(self) -> None:
        """Accept no connection any more."""
        for server in self._servers:
            server.close()
        self._servers = []

    def drop_connections(self) -> None:
        """Cut every connection, as a lost network would."""
        for stream in list(self._open):
            stream.close()

    async def close(self) -> None:
        if self._datagrams:
            self._datagrams.close()
        self.stop_listening()
        self.drop_connections()
        self._datagrams = None


def client_context(floor: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> ssl.SSLContext:
    """For a client that checks no certificate: the sandbox talks to self-signed peers only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return _floor(context, floor)


def server_context(certificate: str, key: str, floor: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2) -> ssl.SSLContext:
    """For a server with a PEM certificate and key (paths)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return _floor(context, floor)


def _floor(context: ssl.SSLContext, floor: ssl.TLSVersion) -> ssl.SSLContext:
    if floor < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("DEFAULT@SECLEVEL=0")  # OpenSSL 3 has no cipher for TLS 1.0 and 1.1 at higher levels
    context.minimum_version = floor
    return context
