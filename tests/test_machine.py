"""What the operating system reports about the machine and the process."""

from charlm.machine import peak_memory


def test_the_peak_of_memory_is_in_bytes_and_includes_what_is_held():
    held = bytearray(b"x") * 2**26
    peak = peak_memory()
    assert peak is None or len(held) <= peak < 2**26 * 1024
