"""What operators alone see and do: path, and what to post (None: get)."""

ACCOUNTS = [("/accounts/", None), ("/accounts/owner/act", {}), ("/accounts/act/stop", {})]
CARRIERS = [
    ("/carriers/", None),
    ("/carriers/add", None),
    ("/carriers/add", {"name": "evil", "host": "evil.example", "transport": "udp"}),
    ("/carriers/telco/edit", None),
    ("/carriers/telco/edit", {"host": "evil.example", "transport": "udp"}),
    ("/carriers/telco/enable", {}),
    ("/carriers/telco/disable", {}),
    ("/carriers/telco/remove", {}),
]
ROUTES = [
    ("/routes/", None),
    ("/routes/?number=442071234567", None),
    ("/routes/add", None),
    ("/routes/add", {"prefix": "33", "carrier": "telco", "priority": "1", "weight": "1"}),
    ("/routes/1/edit", None),
    ("/routes/1/edit", {"priority": "1", "weight": "1"}),
    ("/routes/1/remove", {}),
]
OPERATORS = [*ACCOUNTS, *CARRIERS, *ROUTES]
