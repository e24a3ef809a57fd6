"""What stands there already, in the training text or in the sample itself, and would be repeated. Knows no model."""
