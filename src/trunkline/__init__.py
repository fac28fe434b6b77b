"""Trunkline: SIP trunks between customers' PBXs and telephone carriers."""

__version__ = "0.1.0"
