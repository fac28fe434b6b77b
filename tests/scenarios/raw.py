"""Messages by their bytes, and what comes back."""

PLAIN = (
    "OPTIONS sip:ping@{d} SIP/2.0\r\n"
    "Via: SIP/2.0/{t} {a}:{p};branch=z9hG4bK{b};rport\r\n"
    "Max-Forwards: 70\r\n"
    "From: <sip:x@pbx.example>;tag=1\r\n"
    "To: <sip:ping@{d}>\r\n"
    "Call-ID: {b}@pbx.example\r\n"
    "CSeq: 1 OPTIONS\r\n"
    "Content-Length: 0\r\n\r\n"
)


def plain(edge, ua, transport="UDP", branch="plain", **changes) -> bytes:
    """An OPTIONS with some texts replaced."""
    text = PLAIN.format(d=edge.domain, a=ua.address, p=ua.port(), t=transport, b=branch)
    for old, new in changes.pop("replace", {}).items():
        assert old in text
        text = text.replace(old, new)
    return text.encode("utf-8", "surrogateescape")


async def still_works(edge, ua) -> None:
    assert (await ua.options(edge.uri("ping"), getattr(edge, ua.transport))).code == 200


async def answer_of(ua, data: bytes, hop, seconds: float = 2.0):
    """The response to some bytes; None when there is none."""
    ua.strays.clear()
    await ua.send_raw(data, hop)
    try:
        found = await ua.until(lambda: list(ua.strays), seconds, "a response")
    except TimeoutError:
        return None
    return found[0]
