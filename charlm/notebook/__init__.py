"""What a notebook shows of a training, a run and a model, and what an interrupted cell leaves. Knows no command.

Nothing of IPython is imported unless it runs already.
"""
