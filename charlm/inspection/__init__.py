"""Inspection: what goes on inside a trained model. It reads and never trains; knows no files and no terminal."""
