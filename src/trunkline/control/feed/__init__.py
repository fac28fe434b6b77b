"""The nodes' way to the database: `contract.feed.Feed` and `Sink`, and `contract.distances.Distances`, over it.

Import it after `setup`.
"""

from trunkline.control.feed.changes import DatabaseFeed
from trunkline.control.feed.distances import DatabaseDistances
from trunkline.control.feed.replica import following
from trunkline.control.feed.sink import DatabaseSink

__all__ = ["DatabaseDistances", "DatabaseFeed", "DatabaseSink", "following"]
