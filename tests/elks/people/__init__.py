"""Tests of contacts and numbers."""
