"""Does anything of one side reach the other? Asked of every message that passed in a scenario."""

import re

from trunkline.sandbox.message import Request, Response
from trunkline.sandbox.trace import Trace

# What an agent has written of itself, wherever it stands: hosts of URIs and Via, the host of a Call-ID, addresses.
_HOSTS = re.compile(
    r"(?:@|SIP/2\.0/[A-Z]+ |sips?:(?![^\s<>;]*@)|received=|IN IP[46] )([A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z0-9-]+)"
)
_PRIVATE = ("User-Agent", "Server", "Call-ID", "Proxy-Authorization", "Authorization")


def own_words(messages: list[Request | Response], common: set[str]) -> set[str]:
    """The strings in what a party sent that tell of its side, but for those that are common property."""
    words = set()
    for message in messages:
        words.update(_HOSTS.findall(str(message)))
        words.update(value for name in _PRIVATE for value in message.all(name) if isinstance(message, Request))
        words.update(value for name in ("User-Agent", "Server") for value in message.all(name))
        words.update(value for name, value in message.headers if name.lower().startswith(("x-", "p-charging")))
        words.update(re.findall(r"(?m)^s=(.{4,}?)\r?$", message.body.decode("utf-8", "replace")))
    # A Call-ID that we masked tells nothing; the engine's own ACK to a refused re-INVITE shows it to the other side.
    return {word for word in words if word not in common and not word.startswith("t.")}


def leaks(trace: Trace, common: set[str]) -> list[str]:
    """What each agent received that only another agent knows. `common`: the service's own names and addresses."""
    sent: dict[str, list] = {}
    received: dict[str, list[str]] = {}
    for entry in trace.entries:
        agent = entry.local.rpartition(":")[0]
        if entry.sent and entry.message:
            sent.setdefault(agent, []).append(entry.message)
        elif not entry.sent:
            received.setdefault(agent, []).append(entry.data.decode("utf-8", "replace"))
    found = []
    for teller, messages in sent.items():
        words = own_words(messages, common) | {teller}
        for listener, texts in received.items():
            if listener == teller:
                continue
            own = own_words(sent.get(listener, []), common) | {listener}
            for word in words - own:
                whole = re.compile(rf"(?<![0-9A-Za-z]){re.escape(word)}(?![0-9A-Za-z])")
                found += [
                    f"{listener} learnt {word!r} of {teller} from\n{text}" for text in texts if whole.search(text)
                ]
    return found
