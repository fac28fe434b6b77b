"""What topoh is told, and what is dropped before it reads it, because Kamailio (6.0 and 6.1) would crash.

It reads each message before anything of ours is asked, and takes for granted that its own marks are as it made them:

- the parameter TH of a Via that it hides, whose value it looks at when a response brings that Via back;
- the parameter of a URI that holds the hidden one, in a Record-Route of a response.

Where there is no value the process ends. Whoever was sent an INVITE can write both, and anybody the second one if the
parameter has its usual name. Hidden (`contract/hidden.py`) are three octets in four characters, so that TH can be seen
without deciphering anything.
"""

from collections.abc import Iterable
from hashlib import blake2s

from trunkline.contract.hidden import Mask

_ANY = range(256)
_LONGEST = 1000  # characters of a hidden Via; 400 are many


def via_prefix(key: str) -> str:
    """What the branch of a hidden Via begins with: of this service alone, so that no other's are taken for them."""
    return "z9hG4bK" + _own_name(key)


def uri_parameter(key: str) -> str:
    """The parameter that holds a hidden URI: of this service alone likewise."""
    return "u" + _own_name(key)


def _own_name(key: str) -> str:
    return blake2s(key.encode(), digest_size=4, person=b"topoh").hexdigest()


def crashing(key: str) -> tuple[str, str]:
    """Regular expressions, of PCRE and of Python, for messages that topoh must not read. Each begins with what few
    messages of others have, and is not looked for any further in those."""
    return _spoilt_via(key), rf"(?i:{uri_parameter(key)})\s*+(?![=\w.!%*+`'~-])"


def _spoilt_via(key: str) -> str:
    """For a hidden Via that topoh did not write.

    Right is whole base64 of something whose first parameter with a name that begins with TH is `TH=` with a value of
    topoh's, or that has none, as the Vias behind the first.
    """
    characters = Mask(key).alphabet
    one, end = "[A-Za-z0-9.-]", r"[;,\s\"]"
    # Bounded, or a message full of prefixes, each looked at to its end, would hold up a worker.
    whole = rf"(?=[\w.*-]{{1,{_LONGEST}}}+{end})(?=(?:{one}{{4}})*+(?:{one}{{2}}\*\*|{one}{{3}}\*)?{end})"
    # In two of the places it shares characters with what is around it, and several at once would be others too ("-").
    apart, together = (b";", b" ", b"\t\r\n"), (b"; \t\r\n",)
    starts = [(place, start) for place, each in enumerate((apart, apart, together)) for start in each]
    named = "|".join(_expression(characters, place, [start, b"Tt", b"Hh"]) for place, start in starts)
    ours = "|".join(_expression(characters, place, [b";", b"T", b"H", b"=", b"dux"]) for place in range(3))
    return f"{via_prefix(key)}(?!{whole}(?:(?!{named}){one}{{4}})*+(?:{ours}|(?!{one}{{4}})))"


def _expression(characters: str, place: int, octets: list[Iterable[int]]) -> str:
    """For octets, each any of a few, of which the first is at a place, 0 to 2, in a group of three."""
    run = [_ANY] * place + octets
    parts = []
    for first in range(0, len(run), 3):
        known = run[first : first + 3]
        group = [*known, *([_ANY] * (3 - len(known)))]
        bits = [
            {octet >> 2 for octet in group[0]},
            {(a & 3) << 4 | b >> 4 for a in group[0] for b in group[1]},
            {(b & 15) << 2 | c >> 6 for b in group[1] for c in group[2]},
            {octet & 63 for octet in group[2]},
        ]
        written = bits[: len(known) + 1]  # n octets reach into n + 1 characters
        parts += ["." if len(each) == 64 else _class(characters, each) for each in written]
    return "".join(parts)


def _class(characters: str, places: set[int]) -> str:
    found = sorted(characters[place] for place in places)
    if len(found) == 1:
        return found[0].replace(".", r"\.")
    return f"[{''.join(sorted(found, key='-'.__eq__))}]"  # a dash last is no range
