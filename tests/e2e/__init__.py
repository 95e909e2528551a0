"""Tests of the whole line, with real processes."""
