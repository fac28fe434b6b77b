"""Telephone numbers: the operator's inventory, who has which, and where their calls go."""
