"""The loop: a model steps, masks forbid, rules choose, and the model reads what was drawn. Knows ids, and no text."""
