"""What tests of the running system stand on: addresses of their own, real engines, user agents, and their traces."""
