"""A large text in parts, which are files or many small ones: counted and encoded in several processes. Knows no model."""
