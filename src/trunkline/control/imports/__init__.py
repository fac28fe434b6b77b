"""Imports of numbers from files, checked and then written by a process of their own."""
