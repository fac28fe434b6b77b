"""Which calls to show, as the filters of the page say."""

from datetime import UTC, date, datetime, time, timedelta

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from trunkline.control.calls.models import OUTCOMES
from trunkline.sip.number import e164

CHOICES = [("", "Any outcome"), *((outcome, outcome.capitalize()) for outcome in OUTCOMES)]
# The days that there may be calls of; the calendar itself ends where it cannot be counted with any more.
_DAY = {
    "required": False,
    "validators": [
        MinValueValidator(date(2000, 1, 1), "There were no calls yet."),
        MaxValueValidator(date(2999, 12, 31), "That is too far ahead."),
    ],
    "error_messages": {"invalid": "Write a day like 2026-01-31."},
}


class Filters(forms.Form):
    number = forms.CharField(required=False, max_length=64, error_messages={"max_length": "No number is that long."})
    outcome = forms.ChoiceField(
        required=False, choices=CHOICES, error_messages={"invalid_choice": "There is no such outcome."}
    )
    since = forms.DateField(**_DAY)
    until = forms.DateField(**_DAY)

    def clean_number(self) -> str:
        text = self.cleaned_data["number"].replace("\u2011", "-").replace("\u00a0", " ")
        return e164(text) or text

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("since") and cleaned.get("until") and cleaned["until"] < cleaned["since"]:
            self.add_error("until", "This day is before the first one.")
        return cleaned

    def conditions(self) -> dict:
        """For `services.calls.find`; both days are whole, in UTC."""
        given = self.cleaned_data
        until = given["until"] and given["until"] + timedelta(days=1)
        return {
            "number": given["number"],
            "outcome": given["outcome"],
            "since": _midnight(given["since"]),
            "until": _midnight(until),
        }


def _midnight(day) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None
