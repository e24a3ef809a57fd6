"""Evaluation: exact scores. A score is a sum of nats in float64 that is divided once. Knows no training."""
