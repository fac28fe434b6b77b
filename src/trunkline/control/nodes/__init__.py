"""The machines that serve: each tells of itself by heartbeats, and can be told to take no new calls."""
