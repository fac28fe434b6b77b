"""The sandbox: its user agent, its carrier and PBX, and the check that uses them."""
