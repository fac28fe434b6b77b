"""Networks whose requests are recognised by the address that they come from."""
