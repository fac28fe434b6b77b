"""Forms whose fields are judged by the services, one at a time, so that what is wrong stands beside it."""

from collections.abc import Callable, Mapping
from hashlib import sha256

from django import forms

from trunkline.control.errors import ServiceError, sentence
from trunkline.control.services import together
from trunkline.control.sources.models import source_text
from trunkline.control.sources.services import parse

OVERTAKEN = (
    "Somebody else has changed this since you opened the page, and nothing is saved. Open it again to see what it is "
    "now; Save replaces that by what stands here."
)
WHOLE = {"invalid": "Write a whole number.", "required": "Write a number."}


class Judged(forms.Form):
    """`judges` has, for names of fields, what returns the value as a service takes it, or raises ServiceError. `seen`
    tells what the page was filled in with: a page that sends it back writes over nothing that nobody has seen."""

    use_required_attribute = False  # the answer to the form says what is missing, in our words
    judges: Mapping[str, Callable] = {}

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self._now = sha256(repr(sorted(self.initial.items())).encode()).hexdigest()[:16]
        self.seen = self.data.get("seen", self._now)

    def clean(self):
        cleaned = super().clean()
        for name, judge in self.judges.items():
            if name in cleaned:
                try:
                    cleaned[name] = judge(cleaned[name])
                except ServiceError as error:
                    self.add_error(name, sentence(error))
        return cleaned

    def carried_out(self, do: Callable[[dict], object]) -> bool:
        """Whether it was filled in well, and `do`, given its values, did all of it. Otherwise nothing is done, and the
        form says why."""
        if not self.is_valid():
            return False
        if self.seen != self._now:
            self.add_error(None, OVERTAKEN)
            self.seen = self._now
            return False
        try:
            with together():
                do(self.cleaned_data)
        except ServiceError as error:
            self.refuse(error)
            return False
        return True

    def refuse(self, error: ServiceError) -> None:
        """Say what a service found wrong with all of it together."""
        self.add_error(None, sentence(error))


def plain(**attributes) -> forms.TextInput:
    """A field for a name or an address: what a telephone would correct in it is right as it is."""
    return forms.TextInput(attributes_of(attributes))


def lines(rows: int = 3, **attributes) -> forms.Textarea:
    return forms.Textarea(attributes_of(attributes) | {"rows": rows})


def attributes_of(more: Mapping[str, object]) -> dict:
    return {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", **more}


def networks(text: str) -> list[str]:
    """Source networks, as they are kept."""
    return sorted({source_text(*parse(part)) for part in split(text)})


def split(text: str) -> list[str]:
    """The entries of a list that is typed with blanks, commas or new lines between."""
    return text.replace(",", " ").split()
