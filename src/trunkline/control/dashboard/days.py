"""Filters by day, in UTC."""

from datetime import UTC, date, datetime, time, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

# The days that there may be something of; the calendar itself ends where it cannot be counted with any more.
_DAY = {
    "required": False,
    "validators": [
        MinValueValidator(date(2000, 1, 1), "There was nothing yet."),
        MaxValueValidator(date(2999, 12, 31), "That is too far ahead."),
    ],
    "error_messages": {"invalid": "Write a day like 2026-01-31."},
}


class Days(forms.Form):
    since = forms.DateField(label="From", **_DAY)
    until = forms.DateField(label="To", **_DAY)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("since") and cleaned.get("until") and cleaned["until"] < cleaned["since"]:
            self.add_error("until", "This day is before the first one.")
        return cleaned

    def days(self) -> dict[str, datetime | None]:
        """`since` and `until` as times; both days are whole."""
        given = self.cleaned_data
        until = given["until"] and given["until"] + timedelta(days=1)
        return {"since": _midnight(given["since"]), "until": _midnight(until)}

    def problem(self) -> str:
        """All that is wrong with it, for an answer without the form."""
        named = ((self.fields[name].label or name.capitalize(), errors) for name, errors in self.errors.items())
        return " ".join(f"{label}: {error}" for label, errors in named for error in errors)


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None
