"""The control plane: the shared truth about accounts, keys, numbers, carriers, routes and calls.

Call `setup` once in a process, then `migrate` where the tables may be missing, and only then import
`trunkline.control.services`, `.feed` or a models module: Django's models need its settings first.
"""

from trunkline.control.database import migrate, setup
from trunkline.control.errors import DatabaseAway, DatabaseUnavailable, ServiceError

__all__ = ["DatabaseAway", "DatabaseUnavailable", "ServiceError", "migrate", "setup"]
