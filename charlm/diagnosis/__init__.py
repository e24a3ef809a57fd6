"""Diagnosis: what `charlm doctor` finds out about a machine and a text. Prints nothing."""
