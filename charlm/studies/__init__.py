"""Studies: variants and seeds under one budget, trained and compared; and searches for settings. Knows no terminal.

study.py defines a study, grid.py makes its trials, running.py trains them one after the other, report.py compares them.
"""
