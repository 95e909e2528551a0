"""How fast Elks is beside its peers, and what it costs: measured in one run on this machine."""
