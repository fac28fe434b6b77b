"""Bare SIP user agents by the dozen, which answer what comes over UDP and count it: endpoints as a zone names them."""

import re
import selectors
import socket
import threading
from collections import Counter


class Answering:
    """One thread for all of `addresses`, at one port of each. INVITE gets 486, all else `status`."""

    def __init__(self, addresses: list[str], port: int):
        self.port, self.addresses = port, addresses
        self.requests: Counter[tuple[str, str]] = Counter()  # by address and method
        self._status = dict.fromkeys(addresses, 200)
        self._selector, self._sockets = selectors.DefaultSelector(), {}
        self._lock, self._over = threading.Lock(), False
        for address in addresses:
            self.start(address)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def start(self, address: str) -> None:
        its = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        its.bind((address, self.port))
        with self._lock:
            self._sockets[address] = its
            self._selector.register(its, selectors.EVENT_READ, address)

    def kill(self, address: str) -> None:
        """Nobody is there any more."""
        with self._lock:
            its = self._sockets.pop(address)
            self._selector.unregister(its)
            its.close()

    def up(self) -> set[str]:
        with self._lock:
            return set(self._sockets)

    def answer(self, address: str, status: int) -> None:
        self._status[address] = status

    def got(self, method: str) -> Counter[str]:
        """How many requests of a method each address has had since the last time."""
        with self._lock:
            found = Counter({address: n for (address, its), n in self.requests.items() if its == method})
            self.requests.clear()
        return found

    def close(self) -> None:
        self._over = True
        self._thread.join(5)
        for its in self._sockets.values():
            its.close()
        self._selector.close()

    def _serve(self) -> None:
        while not self._over:
            with self._lock:
                for key, _ in self._selector.select(0):
                    self._answer(key.fileobj, key.data)
            threading.Event().wait(0.005)

    def _answer(self, its: socket.socket, address: str) -> None:
        request, sender = its.recvfrom(65535)
        head, _, rest = request.decode(errors="replace").partition("\r\n")
        method = head.partition(" ")[0]
        self.requests[address, method] += 1
        if method == "ACK" or method.startswith("SIP/"):
            return
        kept = re.findall(r"^(?:Via|v|From|f|To|t|Call-ID|i|CSeq): .*$", rest, re.MULTILINE | re.IGNORECASE)
        headers = "".join(f"{line.rstrip()}\r\n" for line in kept)
        if method == "INVITE":
            headers = re.sub(r"^(To: [^\r]*)", r"\1;tag=x", headers, count=1, flags=re.MULTILINE)
        status = 486 if method == "INVITE" else self._status[address]
        its.sendto(f"SIP/2.0 {status} Words\r\n{headers}Content-Length: 0\r\n\r\n".encode(), sender)
