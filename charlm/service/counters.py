"""What the service has done, in the text form of Prometheus. Knows no HTTP and no model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from threading import Lock

HELP = {
    "charlm_requests_total": "Requests that were answered, by path and status.",
    "charlm_request_seconds_total": "Seconds from the head of a request to the end of its answer, by path.",
    "charlm_prompt_symbols_total": "Symbols of prompts that were read.",
    "charlm_drawn_symbols_total": "Symbols of texts that were sent.",
    "charlm_scored_symbols_total": "Symbols of texts that were scored or looked into.",
    "charlm_left_total": "Requests whose client left before the end of the answer.",
    "charlm_rows": "Texts that are being drawn.",
    "charlm_waiting": "Requests that wait for rows.",
    "charlm_connections": "Open connections.",
    "charlm_resident_bytes": "Memory of the process.",
}


class Counters:
    """Sums that only grow, by name and labels. Any thread may add to them."""

    def __init__(self) -> None:
        self._sums: Counter[tuple[str, str]] = Counter()
        self._lock = Lock()

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a sum. The values of labels must be few, and none may have a quote."""
        listed = ",".join(f'{label}="{value}"' for label, value in labels.items())
        with self._lock:
            self._sums[name, f"{{{listed}}}" if listed else ""] += amount  # type: ignore[assignment]

    def text(self, gauges: Mapping[str, float]) -> str:
        """All sums, and these values as they are now."""
        with self._lock:
            sums = sorted(self._sums.items())
        lines: list[str] = []
        for name in dict.fromkeys([*(name for (name, _), _ in sums), *gauges]):
            lines += [f"# HELP {name} {HELP[name]}", f"# TYPE {name} {'gauge' if name in gauges else 'counter'}"]
            lines += [f"{name}{labels} {value:.10g}" for (one, labels), value in sums if one == name]
            if name in gauges:
                lines.append(f"{name} {gauges[name]:.10g}")
        return "\n".join(lines) + "\n"
