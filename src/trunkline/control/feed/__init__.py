"""The nodes' way to the database: `contract.feed.Feed` and `Sink` over it. Import it after `setup`."""

from trunkline.control.feed.changes import DatabaseFeed
from trunkline.control.feed.sink import DatabaseSink

__all__ = ["DatabaseFeed", "DatabaseSink"]
