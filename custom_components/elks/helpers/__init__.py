"""What any room may use; nothing here knows of calls."""
