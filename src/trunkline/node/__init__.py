"""One machine: renders the engines' configuration, supervises them, follows, resolves, ships, reports health."""
