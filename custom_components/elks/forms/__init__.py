"""The forms in which people fill in an account, its options and its contacts."""
