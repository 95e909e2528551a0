"""Tests of the 46elks client, without Home Assistant."""
