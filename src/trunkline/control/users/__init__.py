"""Users: the people who sign in to the dashboard, of an account or of the operator, and their attempts to sign in."""
