"""The nodes' way to the database: `contract.feed.Feed` and `Sink`, `contract.distances.Distances` and
`contract.registrations.Registrations`, over it.

Import it after `setup`.
"""

from trunkline.control.feed.changes import DatabaseFeed
from trunkline.control.feed.distances import DatabaseDistances
from trunkline.control.feed.registrations import DatabaseRegistrations
from trunkline.control.feed.replica import following
from trunkline.control.feed.sink import DatabaseSink

__all__ = ["DatabaseDistances", "DatabaseFeed", "DatabaseRegistrations", "DatabaseSink", "following"]
