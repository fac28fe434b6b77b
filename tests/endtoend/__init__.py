"""A running node as its operators and customers meet it: commands, and user agents that are not ours."""
