"""Which calls to show, as the filters of the page say."""

from datetime import timedelta

from django import forms
from django.utils import timezone

from trunkline.control.calls.models import OPEN, OUTCOMES
from trunkline.control.dashboard.days import Days
from trunkline.sip.number import e164

CHOICES = [("", "Any outcome"), *((one, "Live now" if one == OPEN else one.capitalize()) for one in OUTCOMES)]
PARTY_DAYS = timedelta(days=7)  # that are looked through for a carrier or PBX when no first day is given


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
        conditions = {name: self.cleaned_data[name] for name in ("number", "outcome", "party")} | self.days()
        if conditions["party"] and not conditions["since"]:
            conditions["since"] = (conditions["until"] or timezone.now()) - PARTY_DAYS
        return conditions
