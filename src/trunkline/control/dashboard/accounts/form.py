"""An account as it is typed."""

from collections.abc import Callable

from django import forms

from trunkline.control.accounts import services
from trunkline.control.accounts.models import Account
from trunkline.control.dashboard.forms import WHOLE, Judged, lines, networks, plain, split
from trunkline.control.users.services import check_name as check_user
from trunkline.control.words import check_name

CALLER_IDS = {Account.ANY: "Any telephone number", Account.OWNED: "Only its own numbers"}


def _judge(field: str) -> Callable:
    return lambda value: services.check({field: value})[field]


def _prefixes(text: str) -> list[str]:
    return services.check({"destinations": split(text)})["destinations"]


class AccountForm(Judged):
    COUNTS = ("calls_at_once", "calls_per_second", "numbers_at_most")
    judges = {field: _judge(field) for field in COUNTS} | {"destinations": _prefixes, "sources": networks}

    calls_at_once = forms.IntegerField(label="Calls at once", error_messages=WHOLE, help_text="0: no limit.")
    calls_per_second = forms.IntegerField(
        label="Calls begun per second", error_messages=WHOLE, help_text="0: no limit."
    )
    numbers_at_most = forms.IntegerField(
        label="Numbers that it may have", error_messages=WHOLE,
        help_text="To buy one it must have fewer. 0: it buys and releases none.",
    )  # fmt: skip
    destinations = forms.CharField(
        label="Destinations that it may call", required=False, widget=lines(placeholder="44"),
        help_text="Country codes and longer prefixes, with blanks or new lines between. Empty: everywhere.",
    )  # fmt: skip
    caller_id = forms.ChoiceField(label="Caller IDs that it may show", choices=list(CALLER_IDS.items()))
    srtp = forms.ChoiceField(
        label="Encrypted audio (SRTP)", choices=[(name, name.capitalize()) for name in Account.SRTP],
        help_text="Accepted: where its PBX calls with it. Offered: its PBX is called with it too. Required: audio in "
        "the clear is refused.",
    )  # fmt: skip
    sources = forms.CharField(
        label="Addresses that need no key", required=False, widget=lines(placeholder="198.51.100.20"),
        help_text="Over UDP whoever writes such an address into a packet calls at its cost: prefer keys.",
    )  # fmt: skip

    def __init__(self, *arguments, account: Account | None = None, **named):
        account = account or Account()
        initial = {name: getattr(account, name) for name in services.LIMITS}
        initial["destinations"] = " ".join(account.destinations)
        initial["sources"] = "\n".join(sorted(map(str, account.sources.all()))) if account.pk else ""
        super().__init__(*arguments, initial=initial, **named)

    def limits(self) -> dict:
        """For `services.create` and `change`."""
        return {name: self.cleaned_data[name] for name in services.LIMITS}


class NewAccountForm(AccountForm):
    field_order = ("name", "owner")
    judges = AccountForm.judges | {
        "name": lambda name: check_name("an account", name),
        "owner": lambda name: check_user(name) if name else "",
    }

    name = forms.CharField(
        label="Name", widget=plain(maxlength=63), error_messages={"required": "Write what it is called."},
        help_text="Small letters and digits; it stays.",
    )  # fmt: skip
    owner = forms.CharField(
        label="Its first owner", required=False, widget=plain(maxlength=254, placeholder="alice@acme.example"),
        help_text="An e-mail address. You get a link, good once, by which its owner chooses a password.",
    )  # fmt: skip
