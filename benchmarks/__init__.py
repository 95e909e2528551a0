"""How fast Elks is compared with its peers, and what it costs: measured in one run on this machine."""
