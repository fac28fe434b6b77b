"""Medians and ratios of what was measured, as data and as text."""

from statistics import median, quantiles

from bench.load import Result

NATIVE, OURS, LARGE = "native", "trunkline", "trunkline, many numbers"


def line(result: Result) -> str:
    """One run, for whoever watches."""
    cpu = " + ".join(f"{engine} {1000 * s / max(1, result.successful):.2f}" for engine, s in result.cpu.items())
    verdict = "" if result.sustained else "  NOT SUSTAINED"
    return (
        f"{result.system:24} {result.rate:5}/s  {result.successful}/{result.calls} calls, "
        f"{result.retransmissions} sent again, {cpu} CPU s per 1,000{verdict}"
    )


def summary(found: dict) -> dict:
    """`found`: what the parts of `bench.calls.Bench` returned, by name. Raises ValueError for an unknown part."""
    makers = {"cost": _cost, "size": _size, "latency": _latency, "rate": _rate}
    unknown = found.keys() - makers.keys()
    if unknown:
        raise ValueError(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(makers)}")
    return {part: makers[part](results) for part, results in found.items()}


def _cost(results: list[Result]) -> dict:
    """CPU seconds per 1,000 calls by system; `ratio` is native's over ours."""
    by_system = _medians(results)
    return by_system | {"ratio": _ratio(by_system[NATIVE]["total"], by_system[OURS]["total"])}


def _size(results: list[Result]) -> dict:
    """`ratio`: with very many numbers over with ten."""
    by_system = _medians(results)
    return by_system | {"ratio": _ratio(by_system[LARGE]["total"], by_system[OURS]["total"])}


def _medians(results: list[Result]) -> dict[str, dict[str, float]]:
    by_system: dict[str, dict[str, float]] = {}
    for system in dict.fromkeys(result.system for result in results):
        runs = [result for result in results if result.system == system]
        engines = {
            engine: median(1000 * run.cpu[engine] / max(1, run.successful) for run in runs) for engine in runs[0].cpu
        }
        total = median(run.cpu_per_1000 for run in runs)
        by_system[system] = {name: round(value, 3) for name, value in (engines | {"total": total}).items()}
    return by_system


def _latency(times: dict[str, list[float]]) -> dict:
    """ms."""
    return {
        system: {"p50": round(median(values), 3), "p99": round(quantiles(values, n=100)[98], 3)}
        for system, values in times.items()
    }


def _rate(results: list[Result]) -> dict:
    """The highest rate that was sustained, 0 when none was; `ratio` is ours over native's."""
    best = {result.system: 0 for result in results}
    for result in results:
        if result.sustained:
            best[result.system] = max(best[result.system], result.rate)
    return best | {"ratio": _ratio(best[OURS], best[NATIVE])}


def _ratio(one: float, other: float) -> float | None:
    return round(one / other, 3) if other else None


_TITLES = {
    "cost": "CPU seconds per 1,000 calls (kamailio, rtpengine and the part clear, all processes)",
    "latency": "INVITE in to INVITE out, ms",
    "size": "CPU seconds per 1,000 calls to hosted numbers",
    "rate": "Highest rate with 99.9% success and at most 1% retransmissions, calls/s",
}
_RATIOS = {
    "cost": "native / trunkline (0.85 or more is the aim)",
    "size": "many numbers / ten (1.1 or less is the aim)",
    "rate": "trunkline / native (0.85 or more is the aim)",
}


def table(figures: dict) -> str:
    """The summary for a reader."""
    blocks = []
    for part, values in figures.items():
        lines = [_TITLES[part]]
        for system, value in values.items():
            if system == "ratio":
                lines.append(f"  {_RATIOS[part]}: {value}")
            else:
                lines.append(f"  {system:24} {_cells(value)}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _cells(value) -> str:
    return "  ".join(f"{name} {number}" for name, number in value.items()) if isinstance(value, dict) else str(value)
