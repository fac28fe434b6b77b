"""How the audio of a call was: what came from each party, counted from rtpengine's answers.

Loss is counted here, from RTP's sequence numbers at two looks at the call: rtpengine 12.5 mixes up the losses of the
two directions where it generates RTCP (seen: half of one side's on the other). Jitter and round trip are its own.
"""

from dataclasses import dataclass, field

OWN = 100  # us: a shorter round trip is that of a report that rtpengine made for a party to itself
DROPOUT = 3000  # RFC 3550 A.1: a jump of more sequence numbers than this is a new start, not a loss


@dataclass(slots=True)
class Tally:
    """Of one party's RTP. `last`: by SSRC, the newest sequence number and how many packets had come by then."""

    last: dict[str, list[int]] = field(default_factory=dict)
    expected: int = 0
    received: int = 0

    def add(self, party: dict) -> None:
        """Count what came since the look before. `party`: a tag of rtpengine's answer."""
        for source in _sources(party):
            name, now = str(source["SSRC"]), [source["last RTP seq"], source["packets"]]
            before = self.last.get(name)
            self.last[name] = now
            if before is None:
                continue
            expected, received = (now[0] - before[0]) & 0xFFFF, now[1] - before[1]
            if received >= 0 and abs(expected - received) <= DROPOUT:
                self.expected += expected
                self.received += received

    @property
    def lost(self) -> int | None:
        """None while there were no two looks."""
        return max(0, self.expected - self.received) if self.expected else None


def of(answer: dict, tags: tuple[str, str], tallies: tuple[Tally, Tally]) -> dict[str, dict[str, float]]:
    """For the journal: by party what is known of the audio that came from it.

    `packets`, `lost`; `jitter` and `round_trip` (between it and us) in ms; `mos`, 1 to 4.4.
    """
    parties = [answer["tags"].get(tag, {}) for tag in tags]
    found = {}
    for name, party, other, tally in zip(("caller", "callee"), parties, parties[::-1], tallies, strict=True):
        known = {
            "packets": sum(media["streams"][0]["stats"]["packets"] for media in _medias(party)),
            "lost": tally.lost,
            # Who hears a stream reports on it; where nobody does, rtpengine does so in its place.
            "jitter": _mean("jitter", _reports(answer, other), 1),
            "round_trip": _mean("round-trip time leg", _real(_reports(answer, party)), 1000),
        }
        if known["lost"] is not None:
            known["mos"] = mos(tally.lost / tally.expected, known["jitter"] or 0, known["round_trip"] or 0)
        found[name] = {key: value for key, value in known.items() if value is not None}
    return found


def mos(loss: float, jitter: float, round_trip: float) -> float:
    """The estimate that rtpengine makes too, of ITU-T G.107's R: from the loss (0 to 1), and from jitter and round trip
    in ms, half of which is delay."""
    delay = round_trip / 2 + 2 * jitter + 10
    r = 93.2 - (delay / 40 if delay < 160 else (delay - 120) / 10) - 250 * loss
    if r <= 0:
        return 1.0
    return round(max(1.0, 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r)), 1)


def _medias(party: dict) -> list[dict]:
    return [media for media in party.get("medias", []) if media["streams"]]


def _sources(party: dict) -> list[dict]:
    return [source for media in _medias(party) for source in media["streams"][0]["ingress SSRCs"]]


def _reports(answer: dict, party: dict) -> list[dict]:
    """The reports by a party's SSRCs; only its own, when there is one."""
    blocks = answer.get("SSRC", {})
    found = [blocks.get(str(source["SSRC"]), {}) for source in _sources(party)]
    listed = [entry for block in found for entry in block.get("MOS progression", {}).get("entries", [])]
    return _real(listed) or listed


def _real(reports: list[dict]) -> list[dict]:
    return [report for report in reports if report["round-trip time leg"] >= OWN]


def _mean(name: str, reports: list[dict], divisor: int) -> float | None:
    return round(sum(report[name] for report in reports) / len(reports) / divisor, 1) if reports else None
