"""What the user has to put right: when that is noticed, and how it is shown."""
