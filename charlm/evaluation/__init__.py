"""Evaluation: exact scores. A score is a sum of nats in float64, divided once. Knows no training."""
