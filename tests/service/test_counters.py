"""The text form of Prometheus: sums by labels, and values as they are now."""

from charlm.service.counters import Counters


def test_sums_and_values_have_their_help_and_kind():
    counters = Counters()
    counters.add("charlm_requests_total", path="/card", status="200")
    counters.add("charlm_requests_total", 2, path="/", status="404")
    counters.add("charlm_left_total")
    assert counters.text({"charlm_rows": 3.0}).splitlines() == [
        "# HELP charlm_left_total Requests whose client left before the end of the answer.",
        "# TYPE charlm_left_total counter",
        "charlm_left_total 1",
        "# HELP charlm_requests_total Requests that were answered, by path and status.",
        "# TYPE charlm_requests_total counter",
        'charlm_requests_total{path="/",status="404"} 2',
        'charlm_requests_total{path="/card",status="200"} 1',
        "# HELP charlm_rows Texts that are being drawn.",
        "# TYPE charlm_rows gauge",
        "charlm_rows 3",
    ]
