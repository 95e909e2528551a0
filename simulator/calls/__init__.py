"""The calls: from the first ring, through what is played and pressed, to the price."""
