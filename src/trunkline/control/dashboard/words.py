"""Template filters: values as people read them."""

import re
from datetime import datetime
from functools import cache, lru_cache
from hashlib import sha256

from django import template
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.timezone import now

from trunkline import __version__
from trunkline.control.dashboard.options import HERE
from trunkline.control.errors import sentence

register = template.Library()
register.filter(sentence)


@register.filter
def marked(text: str) -> str:
    """Text of ours as HTML: what stands in backquotes is code, in stars stressed."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(" ".join(text.split())))
    return mark_safe(re.sub(r"\*([^*]+)\*", r"<em>\1</em>", text))


@register.filter
def spaced(number: object) -> str:
    """An E.164 number as its country writes it, `+44 7700 900000`; anything else as it is."""
    text = str(number)
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15):
        return text
    return _international(digits)


@lru_cache(10_000)
def _international(digits: str) -> str:
    import phonenumbers  # its tables take a moment, which the command line shall not wait for

    try:
        parsed = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:  # a country code that nobody has
        return f"+{digits}"
    # A line must not break within it.
    written = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return written.replace(" ", "\u00a0").replace("-", "\u2011")


@register.filter
def length_of_time(seconds: float | None) -> str:
    """`3:05`, `1:02:03`"""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds + 0.5), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def percent(share: float) -> str:
    """`33%`"""
    return f"{share:.0%}"


@register.filter
def running(since: datetime) -> str:
    """How long something has gone on, `3:05`."""
    return length_of_time(max((now() - since).total_seconds(), 0))


@register.filter
def seconds(milliseconds: int) -> str:
    """`2.5 s`"""
    return f"{milliseconds / 1000:g} s"


@register.filter
def moment(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}" if time else ""


@register.filter
def instant(time: datetime) -> str:
    """For programs that read a page: HTML takes no more than three digits of a second, and databases keep six."""
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


@register.filter
def ago(time: datetime | None) -> str:
    if time is None:
        return "never"
    seconds = (now() - time).total_seconds()
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' * (count != 1)} ago"
    return "just now"


@register.simple_tag
@cache
def version() -> str:
    """Changes with our style sheet and script, so that no browser keeps old ones."""
    files = b"".join(path.read_bytes() for path in sorted((HERE / "static").iterdir()))
    return sha256(files + __version__.encode()).hexdigest()[:12]
