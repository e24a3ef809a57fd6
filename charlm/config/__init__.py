"""Settings: what they are, how they are read, and where each value came from. Knows no text, no cell, no torch."""
