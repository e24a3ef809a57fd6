"""The version, where every room can read it: the package itself imports the front door."""

__version__ = "0.1.0"
