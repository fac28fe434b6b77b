"""Endpoints: the places where PBXs reach the service, and the addresses that it calls from."""
