"""Text: from files and named corpora to ids and lanes. Knows no model and no torch."""
