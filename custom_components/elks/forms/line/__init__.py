"""Adding a line to an account, and changing it: a number at which the home answers."""
