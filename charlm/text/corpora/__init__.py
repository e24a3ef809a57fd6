"""Texts that nobody has to bring: corpora with a name, that come with charlm or are fetched, and made ones."""
