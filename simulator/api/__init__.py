"""The HTTP API that customers of the provider use, and the ways in which its answers go wrong."""
