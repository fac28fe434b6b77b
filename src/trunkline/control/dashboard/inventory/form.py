"""A number as it is taken in."""

from django import forms

from trunkline.control.accounts import services as accounts
from trunkline.control.accounts.models import Account
from trunkline.control.dashboard.forms import Judged, plain
from trunkline.control.errors import ServiceError
from trunkline.control.numbers.services import check_cost
from trunkline.control.words import check_e164


def account_of(name: str) -> Account | None:
    """The account of a name that was typed; None for '', the inventory."""
    try:
        return accounts.get(name.strip()) if name.strip() else None
    except ServiceError:
        raise ServiceError(f"there is no account {name.strip()[:63]!r}") from None


class NumberForm(Judged):
    judges = {"number": check_e164, "account": account_of, "monthly_cost": lambda text: str(check_cost(text or "0"))}

    number = forms.CharField(
        label="Number", widget=plain(inputmode="tel", placeholder="+44 7700 900000"),
        error_messages={"required": "Write a number, with its country code."},
    )  # fmt: skip
    account = forms.CharField(
        label="Account", required=False, widget=plain(maxlength=63), help_text="Empty: it is for sale."
    )
    monthly_cost = forms.CharField(
        label="Monthly cost", required=False, widget=plain(inputmode="decimal", placeholder="0.00"),
        help_text="In euros, shown to whoever buys it.",
    )  # fmt: skip
