"""The tables of `charlm bench`."""

from charlm.display.bench_table import print_results

ROW = {"cell": "memory_gated", "size": "2x1234", "best": 12_345_678, "median": 12_345_678, "limit": 123_456_789}
NUMBERS = {"plain_median": 1_234_567, "ratio": 12.345, "loop_median": 1_234_567, "loop_ratio": 12.3, "share": 0.999}


def test_the_largest_numbers_fit_a_hundred_columns(capsys):
    print_results([ROW | NUMBERS | {"gflops": 12_345.6, "engine": "cell kernel"}])
    lines = capsys.readouterr().out.splitlines()
    assert len({len(line) for line in lines}) == 1
    assert len(lines[0]) <= 100
    assert lines[1].split()[-4:] == ["100%", "12,346", "cell", "kernel"]


def test_a_column_that_no_row_fills_is_left_out_and_a_missing_number_is_a_dash(capsys):
    print_results([{**ROW, "gflops": None, "share": None}, {**ROW, "share": 0.5}])
    head, first, second = capsys.readouterr().out.splitlines()
    assert "GFLOP/s" not in head
    assert (first.split()[-1], second.split()[-1]) == ("-", "50%")


def test_parts_are_printed_as_shares_of_their_sum(capsys):
    print_results([{**ROW, "milliseconds": 4.0, "parts": {"cells": 3.0, "other": 1.0}}])
    table, parts = capsys.readouterr().out.split("\n\n")
    assert len(table.splitlines()) == 2
    assert parts.splitlines()[1].split()[2:] == ["4.00", "4.00", "75.0%", "25.0%"]
