"""Tests of speech and media."""
