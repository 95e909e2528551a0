"""What actions, events and entities give back of calls and chains."""
