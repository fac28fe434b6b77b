"""The figures of `bench.media`, as data and as text. A ratio of 1: as good as rtpengine alone."""

from collections.abc import Iterable
from statistics import fmean

from bench.talk import Result

ALONE, OURS = "rtpengine alone", "trunkline"
ENGINE = "rtpengine"


def line(result: Result) -> str:
    """One load, for whoever watches."""
    flow = result.flow
    cpu = " + ".join(f"{name} {result.microseconds(name):.2f}" for name in result.cpu)
    verdict = "  THE GENERATOR WAS LATE" if result.flow.too_late else "" if result.sustained else "  NOT SUSTAINED"
    return (
        f"{result.system:16} {result.pair:10} {result.calls:5} calls, {flow.received}/{flow.sent} packets, "
        f"{100 * flow.lost:.2f}% lost, {1000 * flow.late:.0f} ms late, {cpu} CPU us a packet{verdict}"
    )


def summary(found: dict[str, list[Result]]) -> dict:
    """`found`: what the parts of `bench.media.Bench` returned, by name."""
    makers = {"cost": _cost, "transcoded": _cost, "calls": _calls}
    return {part: makers[part](results) for part, results in found.items()}


def _cost(results: list[Result]) -> dict:
    """By pair of codecs; `ratio` is of rtpengine's CPU time per packet."""
    return {pair: _pair(runs) for pair, runs in _by_pair(results).items()}


def _by_pair(results: list[Result]) -> dict[str, list[Result]]:
    pairs = dict.fromkeys(result.pair for result in results)
    return {pair: [result for result in results if result.pair == pair] for pair in pairs}


def middle(values: Iterable[float]) -> float:
    """The mean of the middle half: as deaf to outliers as a median, and finer than the ticks that CPU time comes in,
    of which a load takes a few dozen."""
    ordered = sorted(values)
    off = (len(ordered) + 1) // 4
    return fmean(ordered[off : len(ordered) - off])


def _pair(results: list[Result]) -> dict:
    found = {}
    for system in (ALONE, OURS):
        runs = [result for result in results if result.system == system]
        engines = {name: round(middle(run.microseconds(name) for run in runs), 2) for name in runs[0].cpu}
        lost = sum(run.flow.sent - run.flow.received for run in runs) / sum(run.flow.sent for run in runs)
        found[system] = engines | {"lost %": round(100 * lost, 3)}
    return found | {"ratio": _ratio(found[ALONE][ENGINE], found[OURS][ENGINE])}


def _calls(results: list[Result]) -> dict:
    """By pair: the most calls at once that were sustained, 0 when none were; whether the generator ever failed."""
    return {pair: _most(runs) for pair, runs in _by_pair(results).items()}


def _most(results: list[Result]) -> dict:
    best = dict.fromkeys((ALONE, OURS), 0)
    for result in results:
        if result.sustained:
            best[result.system] = max(best[result.system], result.calls)
    late = any(result.flow.too_late for result in results)
    return best | {"ratio": _ratio(best[OURS], best[ALONE]), "generator late": late}


def _ratio(one: float, other: float) -> float | None:
    return round(one / other, 3) if other else None


_TITLES = {
    "cost": "CPU us per packet that came through, the same codec at both ends",
    "transcoded": "CPU us per packet that came through, transcoded",
    "calls": "Most calls at once with under 0.1% of their packets lost",
}


def table(figures: dict) -> str:
    """The summary for a reader."""
    blocks = []
    for part, values in figures.items():
        lines = [_TITLES[part], *(f"  {pair}\n{_rows(row)}" for pair, row in values.items())]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _rows(values: dict) -> str:
    return "\n".join(f"    {name:16} {_cells(value)}" for name, value in values.items())


def _cells(value) -> str:
    return "  ".join(f"{name} {number}" for name, number in value.items()) if isinstance(value, dict) else str(value)
