"""Settings: their types, how they are read, and the origin of each value. Knows no text, no cell and no torch."""
