"""The journal's lines: what the edge says of each call, one JSON object a line.

Every line has `event`, `time` (Unix time, s), `node` and `call` (the call's id, 16 hex digits, the same on
all lines of one call). The rest depends on the event:

| event    | fields                                                                                          |
|----------|-------------------------------------------------------------------------------------------------|
| setup    | direction, account, key, owner, carrier, caller, called, source, call_id, cseq, far_call_id,    |
|          | media, contact: a call was accepted; `cseq` is the number of its INVITE, `far_call_id` the      |
|          | Call-ID that targets know it by, `contact` what the node names in a 183 of its own: not there   |
|          | where the caller, a carrier or a PBX that demands reliable responses, is to get none            |
| attempt  | n, kind, target, address, number, media: an INVITE leaves for target number n (from 1);          |
|          | `number` is what it asks a carrier for, the rules of that one applied                            |
| progress | n, code: the first 18x of an attempt                                                             |
| failed   | n, code, reason, cause, said: attempt n is over without an answer; `said` is what its final      |
|          | response, or the CANCEL, says in Warning and Reason                                             |
| answer   | n, code, dialog: a 2xx reached the caller; without `n` that of a call which rang when Kamailio   |
|          | ended                                                                                           |
| finish   | code, reason, warning: the caller got this final refusal; the call is over                       |
| end      | by, reason, way: a BYE of the `caller`, the `callee` or our own node (`edge`) was seen; a second |
|          | line, by `edge`, says that the other party did not take it                                       |
| quality  | caller, callee: how the audio was that came from each, once the media of a call is let go        |
| reject   | code, reason, warning, direction, account, key, carrier, caller, called, source, call_id:       |
|          | a call that was refused before any attempt; it has this one line                                 |
| denied   | key, denial, method, source: credentials of a key were not right, of whatever request; of each    |
|          | key once a minute. It is of no call: `call` is ''                                                |

`media` is "srtp" where the audio of that leg is encrypted, the caller's in setup and the target's in attempt.

`dialog` is what a BYE to either party takes: `tags` and `contacts` (the Contact header), each the caller's and the
callee's; `source`, where the answer came from (as in setup); `routes`, the Record-Route headers of the answer.

`way` is where a BYE came from and goes to: the address of its sender, the hosts of its Request-URI and next hop, and
its `maddr`, if there is one.

`caller` and `callee` have `packets`; `lost`, those that did not come; `jitter` and `round_trip` (between the party and
us), ms; `mos`, 1 to 4.4.

A field that is not known is left out. A reader skips a line that is empty or does not parse: a full disk can leave half
a line, and whoever writes next begins with an empty one, so that its own are whole.
"""

import json
from collections.abc import Mapping
from json.encoder import encode_basestring

EVENTS = frozenset({"setup", "attempt", "progress", "failed", "answer", "finish", "end", "quality", "reject", "denied"})

DIRECTIONS = ("outbound", "inbound", "internal")  # PBX to carrier; carrier to PBX; PBX to a number hosted here
# Why an attempt failed.
CAUSES = ("reply", "silence", "transport", "dns", "rule", "ring", "cancel", "order", "media", "unreadable")
# The reason of one that failed by a rule: of a carrier, while another was tried.
TAKEN_AWAY = "it was disabled or removed meanwhile"
# And of one that failed by its transport: of a PBX that only itself could connect to us
GONE = "it registered over a connection that is gone"
DENIALS = ("secret", "recipient", "algorithm", "banned")  # which of them did not fit, or so often that it is banned

type Event = Mapping[str, object]

_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def encode(event: Event) -> bytes:
    """One line, with its newline; without the fields that are None."""
    # By hand, because a call has five lines and json.dumps makes an encoder for each: four times the time (measured).
    parts = []
    for name, value in event.items():
        kind = type(value)
        if kind is str:
            parts.append(f'"{name}":{encode_basestring(value)}')
        elif kind is int or kind is float:
            parts.append(f'"{name}":{value}')
        elif value is not None:
            parts.append(f'"{name}":{_compact(value)}')
    return f"{{{','.join(parts)}}}\n".encode()


def decode(line: bytes) -> Event | None:
    """The event of a line, or None when the line is damaged or not one of ours."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or event.get("event") not in EVENTS:
        return None
    if not isinstance(event.get("call"), str) or not isinstance(event.get("time"), (int, float)):
        return None
    return event
