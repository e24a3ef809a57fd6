"""Training: a generator of events. Knows nothing of terminals; whoever wants to show it listens."""
