"""All that is drawn for a person: live view, plain lines, cards, tables, curves, pictures. Knows no arithmetic."""
