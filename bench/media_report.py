"""Medians and ratios of what `bench.media` measured, as data and as text. A ratio of 1: as good as rtpengine alone."""

from statistics import median

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
    return {
        pair: _pair([result for result in results if result.pair == pair])
        for pair in dict.fromkeys(result.pair for result in results)
    }


def _pair(results: list[Result]) -> dict:
    found = {}
    for system in (ALONE, OURS):
        runs = [result for result in results if result.system == system]
        engines = {name: round(median(run.microseconds(name) for run in runs), 2) for name in runs[0].cpu}
        lost = sum(run.flow.sent - run.flow.received for run in runs) / sum(run.flow.sent for run in runs)
        found[system] = engines | {"lost %": round(100 * lost, 3)}
    return found | {"ratio": _ratio(found[ALONE][ENGINE], found[OURS][ENGINE])}


def _calls(results: list[Result]) -> dict:
    """The most calls at once that were sustained, 0 when none were. `generator`: whether it was it that failed."""
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
        rows = values.items() if part != "calls" else [("PCMA", values)]
        lines = [_TITLES[part], *(f"  {pair}\n{_rows(row)}" for pair, row in rows)]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _rows(values: dict) -> str:
    return "\n".join(f"    {name:16} {_cells(value)}" for name, value in values.items())


def _cells(value) -> str:
    return "  ".join(f"{name} {number}" for name, number in value.items()) if isinstance(value, dict) else str(value)
