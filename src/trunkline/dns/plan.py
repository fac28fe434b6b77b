"""From the records that a name server has to those that it should have, and whether that is safe to do.

As octoDNS does it: existing and desired make a plan, a plan is shown before it is done, and one that would take away
too much needs somebody who means it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import dns.rdataset
from dns.rdatatype import RdataType

from trunkline.dns.zone import Key, Records

MOST_GONE = 0.5  # of the records that are there
FEW = 10  # records; below, a share means nothing


class Unsafe(Exception):
    """A plan that should not be done; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Change:
    """One record set; None where there is none, or is to be none."""

    key: Key
    before: dns.rdataset.Rdataset | None
    after: dns.rdataset.Rdataset | None

    def lines(self) -> list[str]:
        """The records that go (`-`) and come (`+`), as in a zone file; those of another time to live do both."""
        name, kind = self.key
        old, new = _texts(self.before), _texts(self.after)
        gone = [("-", *row) for row in sorted(old - new)]
        came = [("+", *row) for row in sorted(new - old)]
        return [f"{sign} {name} {ttl} IN {kind.name} {text}" for sign, ttl, text in (*gone, *came)]


def plan(existing: Records, desired: Records) -> list[Change]:
    """What turns `existing`, the record sets that are ours, into `desired`."""
    found = [Change(key, existing.get(key), desired.get(key)) for key in sorted({*existing, *desired})]
    return [change for change in found if _texts(change.before) != _texts(change.after)]


def check(existing: Records, desired: Records, foreign: Iterable[Key] = ()) -> None:
    """Raises Unsafe when `desired` leads nowhere, when a record would go that is somebody else's (`zone.foreign`), or
    more than half of those that are there."""
    if not any(kind == RdataType.SRV for _, kind in desired):
        raise Unsafe("there would be no SRV record left, and nobody would find the service")
    for key in foreign:
        if lost := sorted(str(record) for record in existing[key] if record not in desired.get(key, ())):
            raise Unsafe(
                f"{key[0]} {key[1].name} {lost[0]} would be removed, which was not written by us: give the endpoint, "
                "or the service, another name, or say --force to `trunkline dns apply` if that is what you want"
            )
    there = {(key, record) for key, rdataset in existing.items() for record in rdataset}
    stay = {(key, record) for key, rdataset in desired.items() for record in rdataset}
    gone = len(there - stay)
    if len(there) >= FEW and gone > MOST_GONE * len(there):
        raise Unsafe(
            f"{gone} of the {len(there)} records that are there would be removed: look at the plan, and say --force "
            "if that is what you want"
        )


def _texts(rdataset: dns.rdataset.Rdataset | None) -> set[tuple[int, str]]:
    return {(rdataset.ttl, record.to_text()) for record in rdataset or ()}
