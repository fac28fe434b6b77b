"""Errors of the control plane, in words for the person who has to act on them."""


class ServiceError(Exception):
    """Something cannot be done; the text says why, and what to do instead."""


class DatabaseUnavailable(ServiceError):
    """The database cannot be reached, is locked, or is not ours to use."""
