"""All services under one roof, for commands and views: `services.accounts.create(...)`. Import it after `setup`.

`with together():` makes several calls one transaction.
"""

from django.db.transaction import atomic as together

from trunkline.control.accounts import services as accounts
from trunkline.control.audit import services as audit
from trunkline.control.backups import moving
from trunkline.control.backups import services as backups
from trunkline.control.calls import advice, fault, quality, seen, timeline
from trunkline.control.calls import services as calls
from trunkline.control.carriers import health
from trunkline.control.carriers import services as carriers
from trunkline.control.endpoints import distances, nearest, ranges
from trunkline.control.endpoints import importing as endpoint_import
from trunkline.control.endpoints import services as endpoints
from trunkline.control.imports import services as imports
from trunkline.control.imports import worker as import_worker
from trunkline.control.jobs import services as jobs
from trunkline.control.keys import services as keys
from trunkline.control.nodes import endings
from trunkline.control.nodes import services as nodes
from trunkline.control.numbers import importing, inventory
from trunkline.control.numbers import services as numbers
from trunkline.control.numbers import table as number_table
from trunkline.control.pbx import services as pbx
from trunkline.control.routes import services as routes
from trunkline.control.sources import services as sources
from trunkline.control.users import second_factor
from trunkline.control.users import services as users

__all__ = [
    "accounts",
    "audit",
    "backups",
    "calls",
    "carriers",
    "distances",
    "endings",
    "endpoint_import",
    "endpoints",
    "advice",
    "fault",
    "health",
    "import_worker",
    "importing",
    "imports",
    "inventory",
    "jobs",
    "keys",
    "moving",
    "nearest",
    "nodes",
    "number_table",
    "numbers",
    "pbx",
    "quality",
    "ranges",
    "routes",
    "second_factor",
    "seen",
    "sources",
    "timeline",
    "together",
    "users",
]
