"""Tests of calls to the home."""
