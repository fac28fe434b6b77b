"""The header of a request that cannot be served: why, and what of it a response takes over.

Kamailio answers nothing where it cannot read all of it.
"""

import re

_FIELD_ENDS = re.compile(r"\r?\n(?![ \t])")  # RFC 3261 §7.3.1: a line that begins with a blank goes on with the field
_TOKEN = re.compile(r"[A-Za-z0-9!%*_+`'~.-]+")  # §25.1
_NAME = re.compile(rf"({_TOKEN.pattern})[ \t]*:")
_TAG = re.compile(r"[!-~]*")
_ENDS_IT = frozenset('",;<>\\')  # of what stands for a tag in a URI, or in a header
_READ = re.compile(r"[A-Za-z0-9_+~.-]+")  # names that Kamailio 6.0 reads (measured)
_LENGTH = re.compile(r":\s*[0-9]+\s*")
_COPIED = frozenset(("via", "v", "from", "f", "to", "t", "call-id", "i", "cseq"))  # into a response (§8.2.6.2)
_SCHEME = re.compile(r"[^ ]+ +([A-Za-z][A-Za-z0-9+.-]*):")
_SERVED = ("sip", "sips", "tel")
_SHOWN = 32  # characters of a bad line


def fault(head: str) -> str:
    """What makes a header unreadable, in words. `head`: the request line and the fields, without the empty line."""
    lengths = []
    for field in _FIELD_ENDS.split(head)[1:]:
        match = _NAME.match(field)
        if match is None:
            return f"a line of its header is not a header field: '{field[:_SHOWN]}'"
        if not _READ.fullmatch(match[1]):
            return f"the name of a header field has a character that is not read here: '{match[1][:_SHOWN]}'"
        if match[1].lower() in ("content-length", "l"):
            lengths.append(field[match.end() - 1 :])
    if len(lengths) > 1:
        return "it has more than one Content-Length"
    if lengths and not _LENGTH.fullmatch(lengths[0]):
        return "Content-Length is not a number"
    return "a header field of it cannot be read"


def answerable(head: str) -> str:
    """The same request with no more than its response takes over."""
    line, *fields = _FIELD_ENDS.split(head)
    kept = [field for field in fields if (name := _NAME.match(field)) and name[1].lower() in _COPIED]
    return "\r\n".join([line, *kept, "Content-Length: 0", "", ""])


def foreign_scheme(head: str) -> str:
    """The scheme of the Request-URI, if it is none that requests are sent to here; else ''."""
    match = _SCHEME.match(head)
    return match[1] if match and match[1].lower() not in _SERVED else ""


def is_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None


def is_tag(text: str) -> bool:
    """Whether a tag can be written down without quotes, as a token can (§25.1); some have characters that no token has,
    and do no harm."""
    return _TAG.fullmatch(text) is not None and _ENDS_IT.isdisjoint(text)
