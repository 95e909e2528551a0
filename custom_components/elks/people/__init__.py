"""Who is called: the contacts of an account, and numbers as people write them."""
