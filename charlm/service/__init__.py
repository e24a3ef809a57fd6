"""The service: trained models over HTTP, and a run that is watched while it trains. Knows no terminal and no torch."""
