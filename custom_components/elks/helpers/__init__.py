"""What any room may use. Nothing here knows of calls, accounts or 46elks."""
