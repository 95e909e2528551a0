"""Tests of what any room may use."""
