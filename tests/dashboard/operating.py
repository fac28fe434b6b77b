"""What operators alone see and do: path, and what to post (None: get)."""

ACCOUNTS = [("/accounts/", None), ("/accounts/owner/act", {}), ("/accounts/act/stop", {})]
ACCOUNTS += [
    ("/accounts/add", None),
    ("/accounts/add", {"name": "evil"}),
    ("/accounts/owner/edit", None),
    ("/accounts/owner/edit", {"calls_at_once": "0"}),
    ("/accounts/owner/enable", {}),
    ("/accounts/owner/disable", {}),
    ("/accounts/owner/end-calls", {}),
]
ENDPOINTS = [
    ("/endpoints/", None),
    ("/endpoints/add", None),
    ("/endpoints/add", {"name": "evil", "host": "192.0.2.66"}),
    ("/endpoints/eu/edit", None),
    ("/endpoints/eu/edit", {"host": "192.0.2.66"}),
    ("/endpoints/eu/enable", {}),
    ("/endpoints/eu/disable", {}),
    ("/endpoints/eu/remove", {}),
    ("/nodes/", None),
    ("/nodes/node1/drain", {}),
    ("/nodes/node1/undrain", {}),
    ("/nodes/node1/forget", {}),
]
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
INVENTORY = [
    ("/inventory/", None),
    ("/inventory/add", None),
    ("/inventory/add", {"number": "442071234567"}),
    ("/inventory/change", {"number": "447700900001", "do": "remove"}),
    ("/inventory/import", None),
    ("/inventory/import", {"update": "1"}),
    ("/inventory/imports/1", None),
    ("/inventory/imports/1/faults.csv", None),
    ("/inventory/imports/1/approve", {}),
    ("/inventory/imports/1/discard", {}),
]
OPERATORS = [*ACCOUNTS, *CARRIERS, *ROUTES, *INVENTORY, *ENDPOINTS]
