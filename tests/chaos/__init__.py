"""A running node whose parts die, freeze, and come back."""
