"""A carrier as it is typed."""

from collections.abc import Callable

from django import forms

from trunkline.control.carriers import services
from trunkline.control.carriers.models import Carrier
from trunkline.control.dashboard.forms import WHOLE, Judged, attributes_of, lines, networks, plain
from trunkline.control.words import check_name
from trunkline.sip.uri import TRANSPORTS

KEPT = "•" * 12  # stands for a password that is there


def _judge(field: str) -> Callable:
    return lambda value: services.check({field: value}).get(field)


class CarrierForm(Judged):
    judges = {field: _judge(field) for field in ("host", "port", "transport", "username", "strip", "prefix")} | {
        "password": lambda text: _judge("password")(text) or None,  # None: it stays
        "sources": networks,
    }

    host = forms.CharField(
        label="Host", widget=plain(placeholder="sip.carrier.example"),
        help_text="Its name, or its IP address.", error_messages={"required": "Write where its calls go to."},
    )  # fmt: skip
    transport = forms.ChoiceField(label="Transport", choices=[(name, name.upper()) for name in TRANSPORTS])
    port = forms.IntegerField(
        label="Port", required=False, error_messages=WHOLE,
        help_text="Empty: the one that DNS names, else the transport's usual port.",
    )  # fmt: skip
    username = forms.CharField(
        label="Username", required=False, widget=plain(), help_text="For a carrier that asks for a password."
    )
    password = forms.CharField(
        label="Password", required=False, strip=False,
        widget=forms.PasswordInput(attributes_of({"autocomplete": "new-password"})),
    )  # fmt: skip
    forget = forms.BooleanField(label="Remove the password", required=False)
    strip = forms.IntegerField(
        label="Digits to take off", required=False, error_messages=WHOLE,
        help_text="Off the front of the E.164 number, before it is sent.",
    )  # fmt: skip
    prefix = forms.CharField(
        label="Put before the number", required=False, strip=True, widget=plain(placeholder="+"),
        help_text="After that; many carriers want +.",
    )  # fmt: skip
    sources = forms.CharField(
        label="Addresses that its calls come from", required=False, widget=lines(placeholder="198.51.100.0/28"),
        help_text="One on each line: an IP address or a network, with :port if only that port counts.",
    )  # fmt: skip

    def __init__(self, *arguments, carrier: Carrier | None = None, **named):
        super().__init__(*arguments, initial=carrier and _typed(carrier), **named)
        if carrier and carrier.password:
            self.fields["password"].widget.attrs["placeholder"] = KEPT
            self.fields["password"].help_text = "There is one, which is never shown. Empty: it stays."
        else:
            del self.fields["forget"]

    def clean(self):
        cleaned = super().clean()
        cleaned["port"] = cleaned.get("port") or 0
        cleaned["strip"] = cleaned.get("strip") or 0
        return cleaned

    def fields_of_carrier(self) -> dict:
        """For `services.create` and `change`; a password that stays is None."""
        given = self.cleaned_data
        return {name: given[name] for name in services.FIELDS} | ({"password": ""} if given.get("forget") else {})


class NewCarrierForm(CarrierForm):
    name = forms.CharField(
        label="Name", widget=plain(maxlength=63), error_messages={"required": "Write a name."},
        help_text="Small letters and digits; it cannot be changed later, as call records have it.",
    )  # fmt: skip
    field_order = ("name",)
    judges = CarrierForm.judges | {"name": lambda name: check_name("a carrier", name)}


def _typed(carrier: Carrier) -> dict:
    shown = services.as_dict(carrier)
    return shown | {"port": carrier.port or None, "sources": "\n".join(shown["sources"])}
