"""Routes: which carriers serve which prefixes, and in what order."""
