"""A voice that takes its time."""
