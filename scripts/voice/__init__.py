"""The voice of the Home Assistant that the demo and the end-to-end tests run."""
