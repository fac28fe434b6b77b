"""What a request asks for: parameters in its query, or in a form, each checked."""

import re

from django.http import HttpRequest, QueryDict

from trunkline.control.api.callers import storable
from trunkline.control.number_api.wire import Refused
from trunkline.control.numbers.inventory import CONTAINS, ENDS, STARTS, check_country
from trunkline.control.numbers.numbering import KINDS, country_and_kind
from trunkline.sip.number import e164

PLACES = {"0": STARTS, "1": CONTAINS, "2": ENDS}
FEATURES = {"SMS", "VOICE", "MMS"}
OURS = "VOICE"  # the one feature that numbers have here
SIZE, LARGEST, LAST = 10, 100, 1_000_000


class Parameters:
    """Every method raises Refused for a value that cannot be."""

    def __init__(self, request: HttpRequest):
        self._values = QueryDict(mutable=True)
        for source in (request.GET, request.POST):
            for name in source:
                self._values[name] = source[name]
        if not all(storable(text) for pair in self._values.items() for text in pair):
            raise Refused("there are characters in the request that no text can have", 400)

    def get(self, name: str) -> str | None:
        """None where it is not given; '' where it is given as nothing."""
        value = self._values.get(name)
        return None if value is None else value.strip()

    def country(self, required: bool = True) -> str:
        """Raises ServiceError too."""
        code = self.get("country") or ""
        if not code and not required:
            return ""
        if not code:
            raise Refused("country must be given, as two letters of ISO 3166, like GB")
        return check_country(code)

    def number(self) -> str:
        """The digits of `msisdn`, which must be a number of `country`."""
        country, text = self.country(), self.get("msisdn") or ""
        digits = e164(text)
        if digits is None:
            raise Refused("msisdn must be given, as an E.164 number without +, like 447700900000")
        if country_and_kind(digits)[0] != country:
            raise Refused(f"{digits} is not a number of {country}")
        return digits

    def kind(self) -> str:
        kind = self.get("type") or ""
        if kind and kind not in KINDS:
            raise Refused(f"type must be one of {', '.join(KINDS)}")
        return kind

    def pattern(self) -> tuple[str, str]:
        """Digits, and where in the number they are."""
        digits, place = self.get("pattern") or "", self.get("search_pattern") or "0"
        if not re.fullmatch(r"\+?[0-9]{0,15}", digits, re.ASCII):
            raise Refused("pattern must be up to 15 digits")
        if place not in PLACES:
            raise Refused("search_pattern must be 0 (starts with), 1 (contains) or 2 (ends with)")
        return digits, PLACES[place]

    def has_what_is_asked(self) -> bool:
        """Whether numbers here have all the features that are wanted."""
        wanted = {word.strip().upper() for word in (self.get("features") or "").split(",")} - {""}
        if wanted - FEATURES:
            raise Refused("features must be of SMS, VOICE and MMS, separated by commas")
        return wanted <= {OURS}

    def portion(self) -> slice:
        size, index = self._whole("size", SIZE, LARGEST), self._whole("index", 1, LAST)
        return slice((index - 1) * size, index * size)

    def flag(self, name: str) -> bool | None:
        text = (self.get(name) or "").lower()
        if text not in ("", "true", "false"):
            raise Refused(f"{name} must be true or false")
        return {"": None}.get(text, text == "true")

    def refuse(self, names: tuple[str, ...], why: str) -> None:
        """What is not carried is refused, where it is wanted; clearing it is harmless."""
        for name in names:
            if self.get(name):
                raise Refused(f"{name} is not supported: {why}")

    def _whole(self, name: str, default: int, most: int) -> int:
        text = self.get(name) or str(default)
        if not re.fullmatch(r"[0-9]{1,7}", text, re.ASCII) or not 1 <= int(text) <= most:
            raise Refused(f"{name} must be a whole number from 1 to {most}")
        return int(text)
