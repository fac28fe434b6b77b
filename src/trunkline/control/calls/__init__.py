"""The record of every call and its attempts, made from the journal's events."""
