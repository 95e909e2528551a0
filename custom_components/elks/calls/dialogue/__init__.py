"""What comes next in a call: a message, keys, a reply; later a menu, a PIN, a voice message."""
