"""Numbers as a person reads them: bits, times, large and small numbers in few characters. Knows no event."""

from __future__ import annotations

from charlm.evaluation.score import in_bits as in_bits


def clock(seconds: float) -> str:
    """Seconds as 0:12, 12:34 or 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def short(number: float) -> str:
    """A large number in few characters: 850, 41.2k, 1.23M."""
    if number < 999.5:
        return f"{number:.0f}"
    return f"{number / 1e3:.1f}k" if number < 999_950 else f"{number / 1e6:.2f}M"


def counted(number: float, word: str) -> str:
    """A number with its word: 1 epoch, 2.5 epochs, 1,000 steps."""
    shown = f"{number:,}" if isinstance(number, int) else f"{number:g}"
    return f"{shown} {word}{'s' * (number != 1)}"


def at_most(bounded: bool) -> str:
    """What stands before a score that is an upper bound, of a model with latent variables; nothing before others."""
    return "<= " if bounded else ""


def scientific(number: float) -> str:
    """A learning rate: 4.00e-3."""
    mantissa, _, exponent = f"{number:.2e}".partition("e")
    return f"{mantissa}e{int(exponent)}"
