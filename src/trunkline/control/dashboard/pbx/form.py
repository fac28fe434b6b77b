"""What a PBX is like, and which of the account's things its configuration has."""

from django import forms

from trunkline.control.accounts.models import Account
from trunkline.control.dashboard.forms import plain
from trunkline.control.keys.models import Key
from trunkline.control.numbers.models import Number
from trunkline.control.pbx import services
from trunkline.pbx.system import System
from trunkline.pbx.trunk import Options
from trunkline.sip import number

LONGEST = 253  # of a host name
WAYS = {"": None, "srv": True, "list": False}  # to the endpoints


class PbxForm(forms.Form):
    """Fields that leave no choice are not there. `asked` is empty the first time."""

    use_required_attribute = False

    address = forms.CharField(
        label="Its address", required=False, max_length=LONGEST, widget=plain(placeholder="203.0.113.9"),
        help_text="Where we call it. Leave it empty for one without a fixed address: it registers.",
    )  # fmt: skip
    public_address = forms.CharField(
        label="Its public address", required=False, max_length=LONGEST, widget=plain(),
        help_text="If a NAT in front of it has another.",
    )  # fmt: skip
    extension = forms.CharField(label="Extension that rings", required=False, max_length=32, widget=plain())
    number = forms.CharField(
        label="Number", required=False, max_length=64, widget=plain(), help_text="Leave it empty for all of yours."
    )
    transport = forms.ChoiceField(label="Transport")
    srtp = forms.BooleanField(label="Encrypt audio (SRTP); needs TLS", required=False)
    way = forms.ChoiceField(
        label="Finds our endpoints", required=False,
        choices=[("", "Whatever suits it best"), ("srv", "By SRV records"), ("list", "By a list of them")],
    )  # fmt: skip
    key = forms.ChoiceField(label="Key")
    closest = forms.ChoiceField(label="Closest endpoint", required=False)

    def __init__(self, system: System, account: Account, keys: list[Key], asked):
        super().__init__(self._with_defaults(system, account, keys, asked))
        self._account = account
        self.fields["transport"].choices = [(name, name.upper()) for name in system.transports]
        self.fields["key"].choices = [(key.name, key.name) for key in keys]
        if not system.registers:
            self.fields["address"].help_text = "Where we call it; this one does not register."
        hosts = services.hosts()
        self.fields["closest"].choices = [("", "The nearest that we know of"), *((host, host) for host in hosts)]
        gone = {"srtp": not system.srtp, "key": len(keys) < 2, "closest": len(hosts) < 2, "way": not system.srv}
        for name in [name for name, is_gone in gone.items() if is_gone]:
            del self.fields[name]

    @staticmethod
    def _with_defaults(system: System, account: Account, keys: list[Key], asked) -> dict:
        """What was asked; the first time, what the account needs."""
        encrypted = account.srtp == Account.REQUIRED and system.srtp
        first = {
            "transport": "tls" if encrypted else system.transports[0],
            "srtp": "on" if encrypted else "",
            "extension": Options.__dataclass_fields__["extension"].default,
            "key": keys[-1].name if keys else "",
        }
        given = {name: value for name, value in asked.items() if name in PbxForm.base_fields}
        return given if "transport" in given else first | given

    def clean_number(self) -> str:
        typed = self.cleaned_data["number"].strip()
        if not typed:
            return ""
        digits = number.e164(typed)
        if digits is None or not Number.objects.filter(account=self._account, e164=digits).exists():
            raise forms.ValidationError("You have no such number.")
        return digits

    @property
    def asked(self) -> list[tuple[str, str]]:
        """What it was filled in with, for a form that asks for the same again."""
        return [(name, self.data[name]) for name in self.fields if self.data.get(name)]

    @property
    def options(self) -> Options:
        given = self.cleaned_data
        return Options(
            address=given["address"].strip(),
            public_address=given["public_address"].strip(),
            transport=given["transport"],
            srtp=given.get("srtp", False),
            extension=given["extension"].strip() or Options.__dataclass_fields__["extension"].default,
            srv=WAYS[given.get("way", "")],
        )
