"""Tests of planning calls and chains."""
