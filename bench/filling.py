"""A database with much in it: what a provider has after some years, made by the database itself.

A thousand accounts; the first one, `big`, has a tenth of the numbers and of the calls. The calls are spread over DAYS
days, five carriers took them, and three in ten came to nothing; the newest have not ended.
"""
# ruff: noqa: S608 - the values are constants of this module

from django.db import connection

ACCOUNTS = 1_000
CARRIERS = 5
DAYS = 60
UP = 20  # calls; fewer than a page has, so that a list of them has to know where the last one is
FROM = 44_2000_000_000  # the first number
_COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
_LOST = "n.i % 10 IN (1, 2, 3)"
_BIG = "CASE WHEN n.i % {} = 0 THEN 1 ELSE 2 + n.i % {} END"


def fill(numbers: int, calls: int) -> None:
    """Fill a migrated, empty database."""
    from trunkline.control import services

    for n in range(ACCOUNTS):
        services.accounts.create("big" if n == 0 else f"customer{n:04}")
    for n in range(CARRIERS):
        carrier = services.carriers.create(f"carrier{n}", f"sip.carrier{n}.example", sources=[f"198.51.100.{n}"])
        for prefix in ("", *map(str, range(30, 50))):
            services.routes.add(prefix, carrier)
    with connection.cursor() as cursor:
        indexes = _take_indexes(cursor) if connection.vendor == "postgresql" else []
        cursor.execute(_numbers(numbers))
        cursor.execute(_calls(calls, numbers))
        cursor.execute(_attempts())
        cursor.execute(_up())
        for statement in indexes:
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE" if indexes else "ANALYZE")  # as PostgreSQL does by itself, a little later


def _take_indexes(cursor) -> list[str]:
    """Drop the plain indexes of calls, which cost more to keep up than to make at the end; returns how to make them."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('calls_call', 'calls_attempt') "
        "AND indexdef NOT LIKE '%UNIQUE%'"
    )
    found = cursor.fetchall()
    for name, _ in found:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _, definition in found]


def _numbers(count: int) -> str:
    return (
        _COUNT.format(count)
        + "INSERT INTO numbers_number (e164, country, kind, monthly_cost, account_id, forward, created) "
        + f"SELECT CAST({FROM} + n.i AS varchar), 'GB', 'landline', 1, CASE WHEN n.i % 10 = 9 THEN NULL ELSE "
        + _BIG.format(5, ACCOUNTS - 1)
        + " END, CASE WHEN n.i % 10 = 9 THEN '' ELSE 'sip:1234@pbx.example;timeout=2000,sip:1234@203.0.113.9' END, "
        + f"{_ago('0')} FROM n"
    )


def _calls(count: int, numbers: int) -> str:
    """Each has begun `i` parts of the time ago; the newest are those with the highest ids."""
    seconds = f"(({count} - n.i) * ({DAYS} * 86400.0 / {count}))"
    called = f"CAST({FROM} + 1 + n.i % {numbers} AS varchar)"
    elsewhere = "CAST(33100000000 + n.i % 1000003 AS varchar)"
    whose = _BIG.format(10, ACCOUNTS - 1)
    columns = {
        "uid": "'c' || n.i", "node": "'node1'", "direction": "CASE WHEN n.i % 3 = 0 THEN 'inbound' ELSE 'outbound' END",
        "outcome": "CASE n.i % 10 WHEN 1 THEN 'failed' WHEN 2 THEN 'rejected' "
        "WHEN 3 THEN 'cancelled' ELSE 'answered' END",
        "account_id": whose, "owner_id": f"CASE WHEN n.i % 3 = 0 THEN {whose} END",
        "key": "'abcdef01'", "carrier": f"'carrier' || n.i % {CARRIERS}",
        "caller": f"CASE WHEN n.i % 3 = 0 THEN {elsewhere} ELSE {called} END",
        "called": f"CASE WHEN n.i % 3 = 0 THEN {called} ELSE {elsewhere} END",
        "source": "'udp:192.0.2.1:5060'", "call_id": "n.i || '@pbx.example'", "media": "''", "started": _ago(seconds),
        "answered": f"CASE WHEN {_LOST} THEN NULL ELSE {_ago(seconds)} END",
        "refused": f"CASE WHEN {_LOST} THEN {_ago(seconds)} END",
        "code": "CASE n.i % 10 WHEN 1 THEN 503 WHEN 2 THEN 403 WHEN 3 THEN 487 ELSE 200 END",
        "reason": "CASE n.i % 10 WHEN 1 THEN 'Service Unavailable' WHEN 2 THEN 'Forbidden' ELSE '' END",
        "warning": "''", "hung_up": f"CASE WHEN {_LOST} THEN NULL ELSE {_ago(seconds)} END",
        "hung_up_by": "'caller'", "hung_up_reason": "''",
        "duration": f"CASE WHEN {_LOST} THEN NULL ELSE n.i % 600 END",
    }  # fmt: skip
    return (
        _COUNT.format(count)
        + f"INSERT INTO calls_call ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM n"
    )


def _attempts() -> str:
    return (
        "INSERT INTO calls_attempt (call_id, n, kind, target, address, media, started, ended, code, reason, cause) "
        "SELECT id, 1, CASE WHEN direction = 'inbound' THEN 'uri' ELSE 'carrier' END, "
        "CASE WHEN direction = 'inbound' THEN 'sip:1234@pbx.example' ELSE carrier END, "
        "'udp:198.51.100.1:5060', '', started, started, code, reason, CASE WHEN code = 200 THEN '' ELSE 'reply' END "
        "FROM calls_call WHERE outcome <> 'rejected'"
    )


def _up() -> str:
    return (
        "UPDATE calls_call SET outcome = 'open', refused = NULL, hung_up = NULL, duration = NULL, code = 200 "
        f"WHERE id > (SELECT max(id) - {UP} FROM calls_call)"
    )


def _ago(seconds: str) -> str:
    """A time so many seconds ago, as the database keeps it."""
    if connection.vendor == "postgresql":
        return f"now() - {seconds} * interval '1 second'"
    return f"strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || ({seconds}) || ' seconds')"
