"""Builds the site of the documentation. Not part of the package."""
