"""The processes of one training: which there are, what they add up, what they decide together.

launch.py         what torchrun says about this process
lanes.py          which lanes it has
group.py          what a training asks of its processes, and the answer of a single one
joining.py        how several find each other
together.py       the same answers from several, through torch.distributed
agreement.py      what they decide together, once an update
ending.py         which of them says what went wrong
messages.py       what they tell each other, as bytes
"""
