"""Where SIP requests to a host name go (RFC 3263)."""
