"""Control from outside: the control API, and the page on which phones ring."""
