"""Odd but legal ways to write a message, RFC 3261 §7.3.1 and §25.1. Each takes a message and changes it in place."""

import copy
import re
from collections.abc import Callable

from trunkline.sandbox.message import COMPACT, Message, Request, canonical
from trunkline.sandbox.ua import Agent

type Form = Callable[[Message], None]

_WHOLE = re.compile(r'(<[^>]*>|"(?:[^"\\]|\\.)*")')  # what blanks and line ends may not be put into
_SHORT = {long: short for short, long in COMPACT.items()}
_PARTIES = ("from", "to")
_LISTED = ("via", "route", "record-route", "contact", "supported", "allow", *_PARTIES)
_NUMBER = re.compile(r"sip:(\+?)([0-9])([0-9]{6,})@")
QUOTED = '"Bell, \\"A\\"; <1> \\\\"'
BYTES = "\udcff\udcfe \udcd7"


def speaking(agent: Agent, form: Form) -> None:
    """Have an agent write all that it sends in a form."""
    transmit = agent._transmit

    def transmit_so(message: Message | bytes, flow) -> None:
        if isinstance(message, Message):
            message = copy.deepcopy(message)
            form(message)
        transmit(message, flow)

    agent._transmit = transmit_so


def compact(message: Message) -> None:
    message.headers = [(_SHORT.get(canonical(name), name), value) for name, value in message.headers]


def odd_names(message: Message) -> None:
    message.headers = [(f"{name.swapcase()} \t", value) for name, value in message.headers]


def folded(message: Message) -> None:
    _rewrite(message, _LISTED, lambda text: text.replace(";", "\r\n\t;").replace(",", "\r\n ,\r\n "))
    _rewrite(message, ("proxy-authorization",), lambda text: text.replace(",", ",\r\n "))
    message.headers = [
        (name, f"\r\n  {value}" if canonical(name) != "cseq" else value) for name, value in message.headers
    ]


def spaced(message: Message) -> None:
    _rewrite(message, _LISTED, lambda text: text.replace(";", " ;\t").replace("=", " = ").replace(",", "  , "))
    _rewrite(message, ("via",), lambda text: re.sub(r"SIP/2\.0/(\w+)", r"SIP  / 2.0 /\t\1  ", text))
    _rewrite(message, ("cseq",), lambda text: text.replace(" ", " \t  "))


def joined(message: Message) -> None:
    """Fields that may stand several times, in one."""
    for name in ("Via", "Route", "Record-Route", "Supported", "Allow"):
        if len(values := message.all(name)) > 1:
            message.set(name, ", ".join(values))


def quoted(message: Message) -> None:
    _rewrite_whole(
        message, (*_PARTIES, "contact"), lambda value: re.sub(r"^.*<(?=sips?:)", lambda _: f"{QUOTED} <", value)
    )


def parameters(message: Message) -> None:
    """Without a backslash in their quotes, which Kamailio reads neither in Via nor in From and To."""
    _rewrite_whole(message, ("via", "contact", *_PARTIES), lambda value: value + ';x-any="a;b,c <d>";x-bare;q=0.5')


def escaped(message: Message) -> None:
    def escape(text: str) -> str:
        return _NUMBER.sub(lambda found: f"sip:{'%2b' if found[1] else ''}%3{found[2]}{found[3]}@", text)

    _rewrite_whole(message, _PARTIES, escape)
    if isinstance(message, Request):
        message.uri = escape(message.uri)


def tel(message: Message) -> None:
    _rewrite_whole(message, _PARTIES, lambda value: re.sub(r"sip:(\+?[0-9]{7,})@[^>;]*", r"tel:\1", value))


def long(message: Message) -> None:
    _rewrite_whole(
        message, _PARTIES, lambda value: re.sub(r"^.*<(?=sips?:)", lambda _: f'"{"very " * 200}long" <', value)
    )
    message.headers += [("X-Long", "x" * 9000), ("Reason", f'SIP;cause=200;text="{"y" * 900}"')]


def any_bytes(message: Message) -> None:
    _rewrite_whole(message, _PARTIES, lambda value: re.sub(r"^.*<(?=sips?:)", lambda _: f'"{BYTES}" <', value))
    message.headers += [("User-Agent", BYTES), ("Organization", BYTES), ("Reason", f'SIP;text="{BYTES}"')]


def unknown_fields(message: Message) -> None:
    message.headers[:0] = [("NewFangled", ";;,,;;,;"), ("S", ""), ("X+~.-_y", '  <>"\\')]


FORMS = (compact, odd_names, folded, spaced, joined, quoted, parameters, escaped, tel, long, any_bytes, unknown_fields)


def _rewrite(message: Message, names: tuple[str, ...], change: Callable[[str], str]) -> None:
    """Change fields outside of their quotes and angle brackets."""

    def outside(value: str) -> str:
        return "".join(part if _WHOLE.fullmatch(part) else change(part) for part in _WHOLE.split(value))

    _rewrite_whole(message, names, outside)


def _rewrite_whole(message: Message, names: tuple[str, ...], change: Callable[[str], str]) -> None:
    message.headers = [(n, change(value) if canonical(n.strip()) in names else value) for n, value in message.headers]
