"""Tests of the form of a line."""
