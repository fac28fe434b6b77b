"""API keys, each with one secret, or two while it rotates."""
