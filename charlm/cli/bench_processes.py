"""`charlm bench train --processes`: several processes that share the lanes, and what their exchange costs."""

from __future__ import annotations

from charlm.cli.bench_values import cells_of, counts_of, pair_of, sizes_of
from charlm.display.bench_table import print_bench

SECONDS, ROUNDS = 1.0, 5  # of a measurement, and how often each count has its turn


def bench_processes(
    processes: str, cell: str, sizes: str, lanes: str, device: str, precision: str, as_json: bool
) -> None:
    """Time updates of each count of processes, in turns, and print a row for each."""
    from charlm.benchmark.exchange import exchange_results, gain_in_words
    from charlm.benchmark.exchange_process import ExchangeJob
    from charlm.config.device_names import check_device_option
    from charlm.display.printing import print_stderr
    from charlm.display.waiting import Waiting
    from charlm.machine import cores, processor_name

    check_device_option(device)
    counts, window = counts_of(processes, "--processes"), pair_of(lanes, "--lanes")
    names, shapes = cells_of(cell), sizes_of(sizes)
    about = {
        "job": "train",
        "device": processor_name() if device in ("auto", "cpu") else device,
        "cores": cores(),
        "batch_size": window[0],
        "seq_len": window[1],
        "exchange": "the sum of gradients alone, while no process waits for another",
    }
    rows = []
    with Waiting("timing several processes"):
        for name in names:
            for shape in shapes:
                job = ExchangeJob(name, *shape, *window, device, precision, ordered=False)
                rows += exchange_results(job, counts, SECONDS, ROUNDS)
    gain = gain_in_words(rows)
    print_bench({**about, "gain": gain} if as_json else about, rows, as_json)
    if not as_json:
        print_stderr(gain, dim=False)
