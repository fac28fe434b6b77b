"""What each final SIP status means to a call: whose fault it is, and whether another target is tried.

One row for each code that Trunkline sends or treats in its own way; `of` answers for every other code by class.
"""

from dataclasses import dataclass
from typing import Literal

type Fault = Literal["nobody", "caller", "callee", "trunk", "target"]
# nobody: the call went as people wanted it to; caller, callee: the party itself; trunk: this service or its limits;
# target: the carrier or PBX that the call was sent to.


@dataclass(frozen=True, slots=True)
class Status:
    """`fault` is whose it is when a target answers so, `ours` when Trunkline itself does, before it asks any target.
    `fails_over`: an attempt that ends so is followed by the next carrier or *Forward to SIP* URI."""

    code: int
    reason: str
    fault: Fault
    ours: Fault
    fails_over: bool = False


_ROWS = (
    Status(200, "OK", "nobody", "nobody"),
    Status(400, "Bad Request", "caller", "caller"),
    Status(401, "Unauthorized", "trunk", "caller"),
    Status(403, "Forbidden", "caller", "caller"),
    Status(404, "Not Found", "caller", "caller"),
    Status(405, "Method Not Allowed", "caller", "caller"),
    Status(407, "Proxy Authentication Required", "trunk", "caller"),
    Status(408, "Request Timeout", "target", "target"),
    Status(413, "Request Entity Too Large", "caller", "caller"),
    Status(415, "Unsupported Media Type", "target", "caller"),
    Status(416, "Unsupported URI Scheme", "target", "caller"),
    Status(420, "Bad Extension", "target", "target"),
    Status(430, "Flow Failed", "target", "target", fails_over=True),  # RFC 5626 §11.1: of a node that held its flow
    Status(480, "Temporarily Unavailable", "callee", "callee"),
    Status(481, "Call/Transaction Does Not Exist", "caller", "caller"),
    Status(482, "Loop Detected", "caller", "caller"),
    Status(483, "Too Many Hops", "caller", "caller"),
    Status(486, "Busy Here", "callee", "callee"),
    Status(487, "Request Terminated", "nobody", "nobody"),
    Status(488, "Not Acceptable Here", "target", "caller"),
    Status(500, "Server Internal Error", "target", "trunk", fails_over=True),
    Status(502, "Bad Gateway", "target", "trunk", fails_over=True),
    Status(503, "Service Unavailable", "target", "trunk", fails_over=True),
    Status(504, "Server Time-out", "target", "trunk", fails_over=True),
    Status(513, "Message Too Large", "target", "caller", fails_over=True),
    Status(600, "Busy Everywhere", "callee", "callee"),
    Status(603, "Decline", "callee", "callee"),
    Status(604, "Does Not Exist Anywhere", "caller", "caller"),
    Status(606, "Not Acceptable", "target", "target"),
)
STATUSES = {row.code: row for row in _ROWS}


def of(code: int) -> Status:
    """The row of a code, or one made from its class (RFC 3261 §8.1.3.2: an unknown code is the x00 of its class)."""
    if code in STATUSES:
        return STATUSES[code]
    if 500 <= code < 600:
        return Status(code, "Server Failure", "target", "trunk", fails_over=True)
    if code >= 600:
        return Status(code, "Global Failure", "callee", "callee")
    return Status(code, "Request Failure" if code >= 400 else "Redirection", "target", "target")
