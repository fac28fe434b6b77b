"""The Number API as clients of another service call it, with its addresses, its parameters and its words.

Over the same services, accounts and limits as version 1 of our own; docs/api.md says what differs from the original.
"""
