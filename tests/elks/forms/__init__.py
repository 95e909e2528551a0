"""Tests of the life of a call."""
