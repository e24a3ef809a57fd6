"""The files of a text: what they are, by their first bytes, and how they are opened. Decodes nothing."""
