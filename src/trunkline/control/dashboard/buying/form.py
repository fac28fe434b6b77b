"""Which numbers for sale to show. A search is always of one country: its numbers come in order off an index."""

from collections.abc import Mapping

from django.db.models import QuerySet

from trunkline.control.accounts.models import Account
from trunkline.control.numbers import inventory
from trunkline.control.numbers.models import Number
from trunkline.control.numbers.numbering import LANDLINE, MOBILE, TOLL_FREE

KINDS = {"": "Any kind", LANDLINE: "Landline", MOBILE: "Mobile", TOLL_FREE: "Toll-free"}
PLACES = {inventory.STARTS: "beginning with", inventory.CONTAINS: "with", inventory.ENDS: "ending with"}
LONGEST = 40  # characters


class Search:
    """`countries` are those that have numbers for sale, and the one that was asked for; `country` is '' when nothing is
    for sale."""

    def __init__(self, given: Mapping[str, str], account: Account):
        self._account = account
        for_sale = inventory.available(account).order_by("country").values_list("country", flat=True).distinct()
        codes, wanted = list(for_sale), given.get("country", "").upper()[:LONGEST]
        if codes and wanted and wanted not in codes:  # sold out since it was chosen
            codes.append(wanted)
        self.countries = [{"code": code, "calling": _calling(code)} for code in codes]
        self.country = (wanted or codes[0]) if codes else ""
        self.kind, self.kinds = given.get("kind", "")[:LONGEST], KINDS
        self.place, self.places = given.get("place", inventory.STARTS)[:LONGEST], PLACES
        self.digits = given.get("digits", "").strip()[:LONGEST]

    def found(self) -> QuerySet[Number]:
        """Raises ServiceError for what cannot be looked for."""
        pattern = "".join(character for character in self.digits if character not in " -.()\u2011\u00a0")
        return inventory.available(
            self._account, country=self.country, kind=self.kind, pattern=pattern, place=self.place
        )


def _calling(country: str) -> str:
    """`+44`; '' for numbers of no country."""
    import phonenumbers  # its tables take a moment

    code = phonenumbers.country_code_for_region(country)
    return f"+{code}" if code else ""
