"""What holds for every page of operators: how often it asks the database, whatever is there."""

MOST_QUERIES = {  # two find the session and the user
    "/accounts/": 6,
    "/accounts/owner/edit": 5,
    "/inventory/": 5,
    "/inventory/import": 3,
    "/inventory/imports/1": 4,
    "/carriers/": 6 + 20,  # one for the newest calls of each carrier on the page
    "/carriers/telco/edit": 5,
    "/routes/?number=442071234567": 6,
    "/routes/add": 3,
    "/endpoints/": 4,
    "/nodes/": 4,
    "/audit/": 3,
    "/audit.csv": 3,
    "/numbers/": 4,
    "/calls/": 5,
    "/": 8,
}


def test_the_number_of_queries_is_bounded(operator, cast, services, record):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    begun = services.imports.begin("x.csv", b"number\n" + b"1\n" * 150)
    services.import_worker.step()
    for n in range(30):
        account = services.accounts.create(f"account{n}", sources=[f"192.0.2.{n}"])
        services.numbers.add(f"+4477009010{n:02}", account, "sip:a@b.example")
        carrier = services.carriers.create(f"carrier{n}", "sip.carrier.example", sources=[f"203.0.113.{n}"])
        services.routes.add("44", carrier)
        record(f"call{n}", attempts=[{"kind": "carrier", "target": "telco"}] * 2)
        services.endpoints.add(f"endpoint{n}", f"198.51.100.{100 + n}")
    assert begun.pk == 1
    over = {}
    for path, most in MOST_QUERIES.items():
        with CaptureQueriesContext(connection) as context:
            assert operator.get(path).status_code == 200, path
        if len(context) > most:
            over[path] = [query["sql"][:200] for query in context.captured_queries]
    assert over == {}
