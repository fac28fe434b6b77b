"""What a number's digits say by themselves, after Google's tables of every country's numbering plan."""

LANDLINE, MOBILE, TOLL_FREE = KINDS = ("landline", "mobile-lvn", "landline-toll-free")  # the Number API's words
_MEANT = {  # what is written for a country, and is no country's code in ISO 3166
    **{"UK": "GB", "EL": "GR"},  # the European Union's own words
    **{"EN": "GB", "DA": "DK", "JA": "JP", "KO": "KR", "ZH": "CN"},  # languages (ISO 639)
}
NOWHERE = "ZZ"  # ISO 3166 leaves it to its users; CLDR writes it for a region that is none: +800, +882, +999


def country_and_kind(digits: str) -> tuple[str, str]:
    """The ISO 3166 alpha-2 code of an E.164 number, and one of KINDS; takes some 30 microseconds.

    Where a plan does not tell mobiles from landlines, as in North America, a number is a mobile: the Number API's
    clients look there for mobiles. What the tables do not know (numbers for films, not yet assigned ones) is a landline
    of the first country that has the country code.
    """
    import phonenumbers  # its tables take a moment, which most commands shall not wait for

    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:  # a country code that nobody has
        return NOWHERE, LANDLINE
    country = phonenumbers.region_code_for_number(number)
    if country is None:
        return _region(phonenumbers.region_code_for_country_code(number.country_code)), LANDLINE
    types = phonenumbers.PhoneNumberType
    match phonenumbers.number_type(number):
        case types.MOBILE | types.FIXED_LINE_OR_MOBILE:
            kind = MOBILE
        case types.TOLL_FREE:
            kind = TOLL_FREE
        case _:
            kind = LANDLINE
    return _region(country), kind


def has_numbers(country: str) -> bool:
    """Whether country_and_kind can say this code."""
    import phonenumbers

    return country == NOWHERE or country in phonenumbers.SUPPORTED_REGIONS


def meant(code: str) -> str:
    """The code of a country that is well known by another one; '' where nothing is."""
    return _MEANT.get(code, "")


def _region(code: str) -> str:
    """`001` is the library's word for country codes that are no country's."""
    return code if len(code) == 2 and code.isalpha() else NOWHERE
