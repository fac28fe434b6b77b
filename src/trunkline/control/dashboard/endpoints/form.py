"""An endpoint as it is typed."""

from collections.abc import Callable

from django import forms

from trunkline.control.dashboard.forms import WHOLE, Judged, lines, plain, split
from trunkline.control.endpoints import services
from trunkline.control.endpoints.checks import CHECKS
from trunkline.control.endpoints.models import Endpoint
from trunkline.control.words import check_name

DEGREES = {"invalid": "Write degrees, like 51.5074."}
LISTS = ("addresses", "sources", "media")
TYPED = tuple(name for name in services.FIELDS if name != "enabled")


def _judge(field: str) -> Callable:
    """None stays None: it was left empty."""
    if field in LISTS:
        return lambda text: CHECKS[field](split(text))
    return lambda value: None if value is None else CHECKS[field](value)


class EndpointForm(Judged):
    judges = {field: _judge(field) for field in TYPED}

    host = forms.CharField(
        label="Host", widget=plain(placeholder="eu1.trunk.example"), help_text="Its name in DNS, or its IP address.",
        error_messages={"required": "Write the name that PBXs call."},
    )  # fmt: skip
    addresses = forms.CharField(
        label="IP addresses", required=False, widget=lines(2, placeholder="198.51.100.11"),
        help_text="One on each line. Empty, if the host is an address.",
    )  # fmt: skip
    port = forms.IntegerField(label="UDP and TCP port", initial=5060, error_messages=WHOLE)
    tls_port = forms.IntegerField(label="TLS port", initial=5061, error_messages=WHOLE)
    weight = forms.IntegerField(
        label="Weight", initial=10, error_messages=WHOLE, help_text="Its capacity in proportion to the others'."
    )
    region = forms.CharField(
        label="Region", initial="default", widget=plain(), error_messages={"required": "Write one, like eu-west."}
    )
    city = forms.CharField(label="City", required=False, widget=plain(), help_text="For people.")
    latitude = forms.FloatField(
        label="Latitude", required=False, error_messages=DEGREES, help_text="South is negative."
    )
    longitude = forms.FloatField(
        label="Longitude", required=False, error_messages=DEGREES, help_text="West is negative."
    )
    sources = forms.CharField(
        label="Addresses that its calls come from", required=False, widget=lines(2),
        help_text="One address or network on each line. Empty: its IP addresses.",
    )  # fmt: skip
    media = forms.CharField(
        label="Addresses and ports of its audio", required=False,
        widget=lines(2, placeholder="198.51.100.11:30000-39999"), help_text="One on each line, or a whole network.",
    )  # fmt: skip

    def __init__(self, *arguments, endpoint: Endpoint | None = None, **named):
        super().__init__(*arguments, initial=endpoint and _typed(endpoint), **named)

    def fields_of_endpoint(self) -> dict:
        """For `services.put`."""
        return {name: self.cleaned_data[name] for name in TYPED}


class NewEndpointForm(EndpointForm):
    name = forms.CharField(
        label="Name", widget=plain(maxlength=63), error_messages={"required": "Write a name."},
        help_text="Small letters and digits; it cannot be changed later.",
    )  # fmt: skip
    field_order = ("name",)
    judges = EndpointForm.judges | {"name": lambda name: check_name("an endpoint", name)}


def _typed(endpoint: Endpoint) -> dict:
    shown = services.as_dict(endpoint)
    return shown | {name: "\n".join(shown[name]) for name in LISTS}
