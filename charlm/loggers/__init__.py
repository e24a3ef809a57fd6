"""The metrics of a run for other programs: TensorBoard, trackio, MLflow, Weights & Biases. No training knows of them.

What a training has written is read beside it or after it. A logger's library is imported if that logger is asked for.
"""
