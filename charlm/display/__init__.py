"""All that is drawn for a person: live view, plain lines, summaries, tables, curves, pictures. Computes no results."""
