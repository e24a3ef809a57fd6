"""From a model's logits to the next symbol: the rules of decoding, their order, and the draw. Knows no model."""
