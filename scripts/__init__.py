"""The scripts of this project."""
