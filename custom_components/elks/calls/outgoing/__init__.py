"""Calls that the home places: planned, placed once, found again, asked for."""
