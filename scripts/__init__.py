"""What the commands in this folder run, and what they share."""
