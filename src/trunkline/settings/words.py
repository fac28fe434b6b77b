"""What is wrong with a setting, for the person who wrote it."""

WHERE = "Every setting is described in docs/settings.md"
FORMS = {  # the patterns below, for people
    "node.name": "1 to 63 of a-z, 0-9 and '-', a letter or digit first",
    "node.region": "1 to 63 of a-z, 0-9 and '-', a letter or digit first",
    "sip.domain": "a host name in small letters, like sip.example.com",
    "dns.zone": "a zone's name in small letters, like trunk.example.com",
}
SECRET = ("database", "mail")  # what is written in these sections may be a password, or have one in it


def explain(fault) -> str:
    said = fault["msg"].removeprefix("Value error, ")
    if not fault["loc"]:  # of several sections at once, which it names; what was written is all there is
        return f"{said}. {WHERE}"
    key = ".".join(str(part) for part in fault["loc"])
    variable = "TRUNKLINE_" + key.upper().replace(".", "__")
    if fault["type"] == "extra_forbidden":
        reason = "there is no such setting"
    elif key in FORMS and fault["type"] == "string_pattern_mismatch":
        reason = f"{fault['input']!r} is not of this form: {FORMS[key]}"
    else:
        whole = isinstance(fault["input"], dict)  # a section: several keys of it, which the text names
        reason = said if whole or key.startswith(SECRET) else f"{fault['input']!r}: {said}"
    return f"{key} (or {variable}): {reason}. {WHERE}"
