"""Accounts: the customers, with their limits and their policy for caller IDs."""
