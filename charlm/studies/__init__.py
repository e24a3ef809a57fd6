"""Studies: a grid of variants and seeds under one budget, its runs, and what they show. Knows no terminal.

study.py says what a study is, grid.py makes its trials, running.py trains them one after the other, report.py compares.
"""
