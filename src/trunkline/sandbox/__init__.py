"""The built-in test carrier and test PBX, and the SIP user agent that they and the tests are made of."""
