"""One machine: renders the engines' configuration, supervises them, follows changes, ships the journal."""
