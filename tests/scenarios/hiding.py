"""Does anything of one side reach the other? Asked of every message that passed in a scenario."""

import re

from trunkline.sandbox.message import Request, Response
from trunkline.sandbox.trace import Trace

_HOST = re.compile(r"(?:@|SIP/2\.0/[A-Z]+ |sips?:(?![^\s<>;]*@)|IN IP[46] )([A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z0-9-]+)")
# The headers that a party writes itself, of those that tell of its side; the rest repeats what the other side wrote.
_WRITTEN = {
    "first": ("Via", "From", "To", "Contact", "Call-ID"),
    "later": ("Via", "Contact"),
    "response": ("Contact",),
}
_PRODUCTS = ("User-Agent", "Server")


def own_words(messages: list[Request | Response], common: set[str]) -> set[str]:
    """The strings in what a party sent that tell of its side, but for those that are common property."""
    words = set()
    for message in messages:
        body = message.body.decode("utf-8", "replace")
        kind = "response" if isinstance(message, Response) else "later" if message.tag("To") else "first"
        written = [value for name in _WRITTEN[kind] for value in message.all(name)]
        words.update(_HOST.findall("\n".join([*written, body])))
        words.update(value for name in _PRODUCTS for value in message.all(name))
        words.update(value for name, value in message.headers if name.lower().startswith(("x-", "p-charging")))
        words.update(re.findall(r"(?m)^s=(.{4,}?)\r?$", body))
        beside = re.findall(r'="<?([^"<>]{4,})', " ".join(message.all("Contact")))
        words.update(word for word in beside if word not in f"{message.get('From')} {message.get('To')}")
        if kind == "first":
            words.add(message.call_id)
    return words - common - {""}


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
        words = own_words(messages, common) | {teller} - common
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
