"""A trained model as one HTML file, which computes by itself. Knows no commands and no terminal."""
