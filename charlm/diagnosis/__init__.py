"""What is well and what is not: of this machine, and of a text before hours are spent on it. Prints nothing."""
