"""Messages as a broken or hostile stack might write them: good ones in which something is cut, doubled or odd."""

import random
import re

# What parsers stumble over: ends of strings, quotes, numbers at the edges of their types, parameters that mean much.
ODD = (
    "\0", "\xff\xfe", "%00", "%n", ";;;;", "A" * 3000, "99999999999999999999", "-1", "<", ">", '"', ";tag=", ",",
    "\r\n", "\r\n ", "[::1]", "sip:", "@", " ", "\t", "=", "tel:+44", "sips:", ";lr", ";transport=tcp", "\\", "*", "${",
    "4294967296", ";maddr=192.0.2.1", "?x=y", ";user=phone",
)  # fmt: skip
NUMBERS = ("0", "-1", "65536", "4294967296")


class Mutator:
    """The same messages in the same order give the same results."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def spoil(self, message: bytes) -> bytes:
        """The message with one to six faults."""
        faults = (self._octet, self._cut, self._repeat, self._insert, self._lines, self._numbers, self._value)
        text = message.decode("latin-1")
        for _ in range(self.random.choice((1, 1, 1, 2, 3, 6))):
            text = self.random.choice(faults)(text)
        return text.encode("latin-1")[:60_000]

    def _span(self, text: str) -> tuple[int, int]:
        start = self.random.randrange(len(text) + 1)
        return start, min(len(text), start + self.random.choice((1, 2, 5, 20, 80)))

    def _octet(self, text: str) -> str:
        start, _ = self._span(text)
        return text[:start] + chr(self.random.randrange(256)) + text[start + 1 :]

    def _cut(self, text: str) -> str:
        start, end = self._span(text)
        return text[:start] + text[end:]

    def _repeat(self, text: str) -> str:
        start, end = self._span(text)
        return text[:end] + text[start:end] * self.random.choice((1, 3, 20)) + text[end:]

    def _insert(self, text: str) -> str:
        start, _ = self._span(text)
        return text[:start] + self.random.choice(ODD) + text[start:]

    def _lines(self, text: str) -> str:
        """One is missing, there twice, or elsewhere."""
        lines = text.split("\r\n")
        line = lines.pop(self.random.randrange(len(lines)))
        for _ in range(self.random.randrange(3)):
            lines.insert(self.random.randrange(len(lines) + 1), line)
        return "\r\n".join(lines)

    def _numbers(self, text: str) -> str:
        def other(match: re.Match) -> str:
            return self.random.choice((*NUMBERS, match[0] * 3)) if self.random.random() < 0.1 else match[0]

        return re.sub(r"\d+", other, text)

    def _value(self, text: str) -> str:
        """A parameter, or a header, is without a value, or has an odd one."""
        found = list(re.finditer(r"(?<=[;,: ])([\w.-]+)(=|: ?)([^;,>\r\n]*)", text))
        if not found:
            return text
        match = self.random.choice(found)
        name, sign, value = match.groups()
        odd = (
            name,
            f"{name}{sign}",
            f'{name}{sign}""',
            f'{name}{sign}"',
            f"{name} {sign} {value}",
            f"{name};{match[0]}",
        )
        return text[: match.start()] + self.random.choice(odd) + text[match.end() :]
