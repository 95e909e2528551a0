"""Calls that the home places: placed once, found again, and asked about until they end.

`plan` is what a call is to be, `placing` requests it, `adoption` finds one whose request was not
answered, `looking` asks at the times of `schedule`. `provider` is all they need of 46elks.
"""
