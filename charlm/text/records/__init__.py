"""Records: their forms in a text, and then as ids, found, hashed and read in lanes. Knows no files."""
