"""Calls to the home: which line, who calls, and where the talk with them stands."""
