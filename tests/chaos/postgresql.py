"""A PostgreSQL of a test's own."""

from bench.postgresql import Server, postgresql

__all__ = ["Server", "postgresql"]
