"""Which entries to show, as the filters of the page say."""

from django import forms

from trunkline.control.audit import services
from trunkline.control.dashboard.days import Days


class Filters(Days):
    who = forms.CharField(required=False, max_length=254)
    kind = forms.ChoiceField(
        required=False, label="What", error_messages={"invalid_choice": "There is no such kind of thing."}
    )
    name = forms.CharField(required=False, label="Its name", max_length=254)
    account = forms.CharField(required=False, max_length=63)

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.fields["kind"].choices = [("", "Anything"), *((kind, kind.capitalize()) for kind in services.kinds())]

    def conditions(self) -> dict:
        """For `services.find`, all but the account."""
        given = self.cleaned_data
        return {name: given[name] for name in ("who", "kind", "name")} | self.days()
