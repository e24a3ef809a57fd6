"""A large text in parts: each is counted and encoded by itself, in several processes. Knows no model."""
