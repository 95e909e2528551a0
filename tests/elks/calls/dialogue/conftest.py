"""What is heard takes a whole home, and a provider that asks it."""

from ...conftest import home

__all__ = ["home"]
