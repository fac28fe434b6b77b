"""What each final SIP status means to a call: whose fault it is, and whether another target is tried.

One row for each code that Trunkline sends or treats in its own way; `of` answers for every other code by class.
"""

from dataclasses import dataclass
from typing import Literal

type Fault = Literal["nobody", "caller", "callee", "trunk", "target", "origin"]
# nobody: the call went as people wanted it to; caller, callee: the party itself; trunk: this service or its limits;
# target: the carrier or PBX that the call was sent to; origin: the carrier that it came from.


@dataclass(frozen=True, slots=True)
class Status:
    """Whose fault it is when a `carrier` answers so, when a `pbx` does, and when Trunkline itself does (`ours`), before
    it asks either. They differ: a carrier knows which numbers there are, so its 404 says that the caller dialled a
    wrong one; a PBX was sent a number that exists, by whoever configured both. `fails_over`: an attempt that ends so is
    followed by the next carrier or *Forward to SIP* URI."""

    code: int
    reason: str
    carrier: Fault
    pbx: Fault
    ours: Fault
    fails_over: bool = False


_ROWS = (
    Status(200, "OK", "nobody", "nobody", "nobody"),
    Status(400, "Bad Request", "target", "target", "caller"),
    Status(401, "Unauthorized", "trunk", "target", "caller"),
    Status(403, "Forbidden", "target", "target", "caller"),
    Status(404, "Not Found", "caller", "target", "caller"),
    Status(405, "Method Not Allowed", "target", "target", "caller"),
    Status(407, "Proxy Authentication Required", "trunk", "target", "caller"),
    Status(408, "Request Timeout", "target", "target", "target"),
    Status(410, "Gone", "caller", "target", "caller"),
    Status(413, "Request Entity Too Large", "target", "target", "caller"),
    Status(415, "Unsupported Media Type", "target", "target", "caller"),
    Status(416, "Unsupported URI Scheme", "target", "target", "caller"),
    Status(420, "Bad Extension", "target", "target", "target"),
    # RFC 5626 §11.1: of a node that held its flow
    Status(430, "Flow Failed", "target", "target", "target", fails_over=True),
    Status(480, "Temporarily Unavailable", "callee", "callee", "callee"),
    Status(481, "Call/Transaction Does Not Exist", "target", "target", "caller"),
    Status(482, "Loop Detected", "target", "target", "caller"),
    Status(483, "Too Many Hops", "target", "target", "caller"),
    Status(484, "Address Incomplete", "caller", "target", "caller"),
    Status(486, "Busy Here", "callee", "callee", "callee"),
    Status(487, "Request Terminated", "target", "target", "nobody"),
    Status(488, "Not Acceptable Here", "target", "target", "caller"),
    Status(500, "Server Internal Error", "target", "target", "trunk", fails_over=True),
    Status(502, "Bad Gateway", "target", "target", "trunk", fails_over=True),
    Status(503, "Service Unavailable", "target", "target", "trunk", fails_over=True),
    Status(504, "Server Time-out", "target", "target", "trunk", fails_over=True),
    Status(513, "Message Too Large", "target", "target", "caller", fails_over=True),
    Status(600, "Busy Everywhere", "callee", "callee", "callee"),
    Status(603, "Decline", "callee", "callee", "callee"),
    Status(604, "Does Not Exist Anywhere", "caller", "target", "caller"),
    Status(606, "Not Acceptable", "target", "target", "target"),
    # RFC 8688: by what judges calls on the way, not by whoever is called
    Status(608, "Rejected", "target", "target", "target"),
)
STATUSES = {row.code: row for row in _ROWS}


def of(code: int) -> Status:
    """The row of a code, or one made from its class (RFC 3261 §8.1.3.2: an unknown code is the x00 of its class)."""
    if code in STATUSES:
        return STATUSES[code]
    if 500 <= code < 600:
        return Status(code, "Server Failure", "target", "target", "trunk", fails_over=True)
    if code >= 600:
        return Status(code, "Global Failure", "callee", "callee", "callee")
    return Status(code, "Request Failure" if code >= 400 else "Redirection", "target", "target", "target")
