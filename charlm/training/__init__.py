"""Training: a generator of events, which callers may show or record. Knows no terminal."""
