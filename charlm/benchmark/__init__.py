"""The benchmark: characters per second on this machine, compared to plain PyTorch and to the limits of the hardware.

workload      what is timed: models by size, on texts of random characters
training_job  updates, with the seconds of each part of an update; and the loop of a short script, for comparison
sampling_job  generated characters, one stream or many, and nn.LSTM called for one character at a time
rules         the rules of sampling, with usual values
ruled_writing the model, the text and what each rule needs
rule_results  what a rule costs beside the plain draw, as one row
scoring_job   the exact score of a text, and the same text read as one stream
timing        jobs timed in turn, round after round
stopwatch     seconds by part
flops         the matrix products that a model needs, by shape
load          the same jobs beside busy processes
load_process  the process that runs such a job
hardware      how fast this machine computes those products and reads memory
results       all figures of a cell and a size, as one row
"""
