"""What a text has to be: patterns, character classes and word lists as automata. Knows no model and no rules."""
