"""What is looked after while an account is loaded: what the user has to put right, and what is let go.

`issues` shows and withdraws repairs; each other module watches one thing, and decides when.
"""
