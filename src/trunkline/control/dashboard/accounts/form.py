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
        help_text="It can buy numbers until it has this many. 0: it neither buys nor releases any.",
    )  # fmt: skip
    destinations = forms.CharField(
        label="Destinations that it may call", required=False, widget=lines(placeholder="44"),
        help_text="Country codes and longer prefixes, separated by blanks or new lines. Empty: everywhere.",
    )  # fmt: skip
    caller_id = forms.ChoiceField(label="Caller IDs that it may show", choices=list(CALLER_IDS.items()))
    srtp = forms.ChoiceField(
        label="Encrypted audio (SRTP)", choices=[(name, name.capitalize()) for name in Account.SRTP],
        help_text="Accepted: its PBX may call with it. Offered: its PBX is offered it too. Required: audio in "
        "the clear is refused.",
    )  # fmt: skip
    sources = forms.CharField(
        label="Addresses that need no key", required=False, widget=lines(placeholder="198.51.100.20"),
        help_text="Over UDP anyone can forge such an address and call at the account's cost: prefer keys.",
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
        label="Name", widget=plain(maxlength=63), error_messages={"required": "Write a name."},
        help_text="Small letters and digits; it cannot be changed later.",
    )  # fmt: skip
    owner = forms.CharField(
        label="Its first owner", required=False, widget=plain(maxlength=254, placeholder="alice@acme.example"),
        help_text="An e-mail address. You get a link that works once, for the owner to choose a password.",
    )  # fmt: skip
