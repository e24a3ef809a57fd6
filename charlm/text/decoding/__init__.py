"""From bytes to characters: encodings, named or guessed, and strict reading. Knows no ids."""
