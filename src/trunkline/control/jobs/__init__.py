"""What people ask of the nodes: test a *Forward to SIP* list, place a test call."""
