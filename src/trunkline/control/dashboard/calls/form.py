"""Which calls to show, as the filters of the page say."""

from django import forms

from trunkline.control.calls.models import OUTCOMES
from trunkline.control.dashboard.days import Days
from trunkline.sip.number import e164

CHOICES = [("", "Any outcome"), *((outcome, outcome.capitalize()) for outcome in OUTCOMES)]


class Filters(Days):
    number = forms.CharField(required=False, max_length=64, error_messages={"max_length": "No number is that long."})
    outcome = forms.ChoiceField(
        required=False, choices=CHOICES, error_messages={"invalid_choice": "There is no such outcome."}
    )

    def clean_number(self) -> str:
        text = self.cleaned_data["number"].replace("\u2011", "-").replace("\u00a0", " ")
        return e164(text) or text

    def conditions(self) -> dict:
        """For `services.calls.find`."""
        return {name: self.cleaned_data[name] for name in ("number", "outcome")} | self.days()
