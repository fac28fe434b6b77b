"""`trunkline endpoint nearest`: the endpoints in the order in which a PBX should use them."""

from trunkline.cli.output import Answer, table


def by_account(services, account, pbx: str | None) -> Answer:
    """By what the nodes measured to the account's PBX, or by its coordinates."""
    document, rows = [], []
    for one in services.distances.closest(account, pbx):
        milliseconds = None if one.milliseconds is None else round(one.milliseconds, 2)
        use = _use(len(rows))
        document.append(
            {"endpoint": one.endpoint.name, "host": one.endpoint.host, "address": one.address}
            | {"round_trip_ms": milliseconds, "measured": one.measured, "kilometres": one.kilometres}
            | {"why": one.why, "use": use}
        )
        rows.append([one.endpoint.name, one.endpoint.host, milliseconds, use, one.why])
    view = table(("endpoint", "host", "round trip, ms", "use", "why"), rows, right=("round trip, ms",))
    return Answer(document, [view])


def by_round_trip(services) -> Answer:
    """By what is measured from this machine, now."""
    from trunkline.node.nearest import measure

    found = measure(services.endpoints.published())
    document, rows = [], []
    for one in found:
        milliseconds = None if one.seconds is None else round(one.seconds * 1000, 2)
        use = _use(len(rows)) if milliseconds is not None else "none"
        document.append(
            {"endpoint": one.endpoint.name, "host": one.endpoint.host, "address": one.address}
            | {"round_trip_ms": milliseconds, "problem": one.problem, "use": use}
        )
        rows.append([one.endpoint.name, one.endpoint.host, one.address, milliseconds, use, one.problem])
    columns = ("endpoint", "host", "address", "round trip, ms", "use", "problem")
    if not any(one.problem for one in found):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    view = table(columns, rows, right=("round trip, ms",))
    return Answer(document, [view], failed=all(one.seconds is None for one in found))


def by_distance(services, at: tuple[float, float]) -> Answer:
    """By the distance from a latitude and longitude, degrees."""
    found = services.nearest.order(services.endpoints.published(), services.nearest.Place(*at))
    document, rows = [], []
    for one in (*found.balanced, *found.backup):
        distance = found.kilometres[one.name]
        kilometres = None if distance is None else round(distance)
        document.append({"endpoint": one.name, "host": one.host, "kilometres": kilometres, "use": _use(len(rows))})
        rows.append([one.name, one.host, one.city, kilometres, _use(len(rows))])
    view = [table(("endpoint", "host", "city", "km", "use"), rows, right=("km",))]
    if found.guessed:
        view.append("No endpoint has coordinates: this is the order of the list. Set them with: trunkline endpoint set")
    return Answer(document, view)


def _use(position: int) -> str:
    return "balanced" if position < 2 else "backup"
