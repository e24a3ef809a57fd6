"""Texts as files of about the size that a model's score promises."""
