"""What comes next in a call: a message, the keys that are asked for, a reply."""
