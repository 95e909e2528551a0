"""From what somebody asks for to the plan of a call or of a chain."""
