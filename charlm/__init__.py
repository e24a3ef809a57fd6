"""charlm: character-level language models with recurrent cells.

Text flows one way through the rooms of the package:

    text --encode--> ids --lanes--> batches --cells, stack--> logits --loss--> checkpoint --> sampler | evaluator
"""

__version__ = "0.1.0"
