"""A route as it is typed."""

from django import forms

from trunkline.control.carriers.services import everyone
from trunkline.control.dashboard.forms import WHOLE, Judged, plain
from trunkline.control.routes.services import PRIORITY, WEIGHT
from trunkline.control.words import check_count, check_prefix

MOST = 65535
NOBODY = "!"  # is no carrier's name


class RouteForm(Judged):
    judges = {
        "priority": lambda value: check_count("priority", value, 0, MOST),
        "weight": lambda value: check_count("weight", value, 0, MOST),
    }

    priority = forms.IntegerField(
        label="Priority", initial=PRIORITY, error_messages=WHOLE, help_text="Lower ones are tried first."
    )
    weight = forms.IntegerField(
        label="Weight", initial=WEIGHT, error_messages=WHOLE, help_text="Its share of calls among equal priorities."
    )

    def order(self) -> dict[str, int]:
        """For `services.add` and `change`."""
        return {name: self.cleaned_data[name] for name in ("priority", "weight")}


class NewRouteForm(RouteForm):
    field_order = ("prefix", "carrier")
    judges = RouteForm.judges | {"prefix": check_prefix}

    prefix = forms.CharField(
        label="Numbers that begin with", required=False, widget=plain(inputmode="tel", placeholder="44"),
        help_text="Country code and what follows. Empty: every number without a longer prefix.",
    )  # fmt: skip
    carrier = forms.ChoiceField(label="Carrier", error_messages={"required": "Choose a carrier."})

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        names = everyone().prefetch_related(None).values_list("name", flat=True)
        choices = [(name, name) for name in names]
        self.fields["carrier"].choices = [*choices, (NOBODY, "Nobody: refuse these calls")]
