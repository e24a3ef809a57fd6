"""The field's other words for settings, as people know them from papers and other programs. Knows no command."""

from __future__ import annotations

# Each setting, and what it is called elsewhere: in lower case, with dashes between words.
OTHER_WORDS = {
    "model.cell": "rnn rnn-type cell-type model-type architecture arch",
    "model.hidden_size": "hidden hidden-dim hidden-units rnn-size rnn-hidden units n-hidden num-hidden nhid",
    "model.num_layers": "layers n-layers nlayers n-layer depth",
    "model.embedding_dim": "embed embed-dim embed-size embedding embedding-size emb-dim emb-size emsize char-dim",
    "model.tied": "tie tie-weights tied-weights weight-tying",
    "model.weight_drop": "weight-dropout wdrop dropconnect",
    "model.attention": "attn",
    "model.block": "norm conv gate mlp rms-norm rmsnorm layer-norm prenorm ffn feed-forward mlp-ratio conv-width glu",
    "training.learning_rate": "lr rate step-size max-lr base-lr",
    "training.batch_size": "batch bs lanes batchsize train-batch-size",
    "training.seq_len": "bptt seq-length sequence-length seq block-size context context-length window num-steps-bptt",
    "training.accumulate": "grad-accum gradient-accumulation accumulate-grad-batches gradient-accumulation-steps",
    "training.steps": "iters iterations n-iters max-iters max-steps num-steps updates num-iterations",
    "training.epochs": "num-epochs n-epochs max-epochs nepochs",
    "training.budget": "time max-time minutes time-limit",
    "training.optimizer": "optim opt",
    "training.weight_decay": "wd l2 decay-weights",
    "training.schedule": "scheduler lr-schedule lr-scheduler lr-decay",
    "training.warmup": "warmup-steps warm-up",
    "training.final_rate": "min-lr final-lr",
    "training.clip_norm": "clip grad-clip gradient-clip max-grad-norm clip-grad clipping",
    "training.average": "ema swa averaging",
    "training.validations": "eval-every eval-interval val-every validate-every val-interval",
    "training.patience": "early-stopping early-stop",
    "training.save_every": "save-interval checkpoint-every save-steps",
    "training.keep": "save-total-limit max-checkpoints",
    "training.sample_every": "sample-interval",
    "training.precision": "dtype amp fp16 bf16 mixed-precision",
    "training.threads": "num-threads workers num-workers n-jobs jobs",
    "training.seed": "random-seed manual-seed",
    "text.splits": "val val-split val-frac val-fraction val-size valid-size test-size train-frac holdout",
    "text.sources": "data dataset input corpus file files data-path data-dir train-file source",
    "text.records": "lines by-line line-by-line",
    "text.split": "shuffle",
    "text.separator": "sep delimiter record-separator",
    "text.column": "col text-column",
    "text.valid": "validation dev valid-file val-file val-data dev-file",
    "text.test": "test-file test-data",
    "text.unit": "tokenizer token level bytes graphemes clusters",
    "text.min_count": "min-freq min-frequency min-occurrences rare-threshold cutoff",
}  # fmt: skip
SETTING_OF = {word: setting for setting, words in OTHER_WORDS.items() for word in words.split()}


def setting_called(word: str) -> str | None:
    """The setting that people call so: training.learning_rate for `lr`, `training.lr` or `LR`; None if none is."""
    return SETTING_OF.get(word.rpartition(".")[2].lower().replace("_", "-"))
