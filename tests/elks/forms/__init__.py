"""Tests of the forms that people fill in."""
