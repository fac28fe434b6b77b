"""Copies of the whole database, and the way back from one. `sqlite` and `postgresql` know the engines' own tools."""
