"""Which calls to show, as the filters of the page say."""

from django import forms

from trunkline.control.calls.models import OPEN, OUTCOMES
from trunkline.control.dashboard.days import Days
from trunkline.sip.number import e164

CHOICES = [("", "Any outcome"), *((one, "Live now" if one == OPEN else one.capitalize()) for one in OUTCOMES)]


class Filters(Days):
    number = forms.CharField(required=False, max_length=64, error_messages={"max_length": "No number is that long."})
    outcome = forms.ChoiceField(
        required=False, choices=CHOICES, error_messages={"invalid_choice": "There is no such outcome."}
    )

    party = forms.CharField(
        required=False, label="Carrier or PBX", max_length=255, error_messages={"max_length": "No name is that long."}
    )

    def clean_number(self) -> str:
        text = self.cleaned_data["number"].replace("\u2011", "-").replace("\u00a0", " ")
        return e164(text) or text

    def conditions(self) -> dict:
        """For `services.calls.find`."""
        return {name: self.cleaned_data[name] for name in ("number", "outcome", "party")} | self.days()
