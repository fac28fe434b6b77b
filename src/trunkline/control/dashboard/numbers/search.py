"""What is typed into the field that finds numbers."""

_SEPARATORS = str.maketrans("", "", "-.() \u2011\u00a0")


def search(wanted: str) -> tuple[str, str, str]:
    """What to look for, as (prefix, digits anywhere, or why it is neither)."""
    text = wanted.translate(_SEPARATORS)
    international = text.startswith(("+", "00"))
    digits = text.removeprefix("+").removeprefix("00") if international else text
    if not digits:
        return "", "", ""
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15) or (international and digits[0] == "0"):
        return "", "", f"“{wanted[:40]}” is not part of a telephone number: write digits, like 7700 or +44 7700"
    return (digits, "", "") if international else ("", digits, "")
