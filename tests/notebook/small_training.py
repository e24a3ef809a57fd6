"""Settings of a training of milliseconds."""

TINY = {"hidden_size": 8, "num_layers": 1, "batch_size": 4, "seq_len": 16, "device": "cpu", "sample_length": 0}
