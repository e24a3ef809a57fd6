"""Models that learn while they read: dynamic evaluation."""
