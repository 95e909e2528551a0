"""A voice for the home of the demo and of the end-to-end tests, without any cloud."""
