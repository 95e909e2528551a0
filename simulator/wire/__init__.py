"""What the provider sends: in which dialect, in which fields, and when a callback is retried."""
