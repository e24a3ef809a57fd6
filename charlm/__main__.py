"""`charlm` and `python -m charlm`. Ctrl-C ends the process without a traceback from the first import on."""

# The built-in part: `signal` imports more, and meanwhile Ctrl-C would print a traceback.
import _signal as signal  # type: ignore[import-not-found]

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell's background job ignores it
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until main() takes over

from charlm.cli import main

if __name__ == "__main__":
    main()
