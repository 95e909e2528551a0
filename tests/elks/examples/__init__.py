"""What 46elks really sends: its documented answers and callbacks, through the doors of the integration."""
