"""What topoh makes of a Via, for somebody who knows its alphabet."""

from trunkline.node.topoh import alphabet


def hidden(key: str, via: str) -> str:
    characters, octets, written = alphabet(key), via.encode("latin-1"), ""
    for at in range(0, len(octets), 3):
        group = octets[at : at + 3]
        bits = int.from_bytes(group.ljust(3, b"\0"))
        four = "".join(characters[bits >> shift & 63] for shift in (18, 12, 6, 0))
        written += four[: len(group) + 1].ljust(4, "*")
    return written
