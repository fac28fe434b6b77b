"""Carriers: the telephone companies that calls go to and come from."""
