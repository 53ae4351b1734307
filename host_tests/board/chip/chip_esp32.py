"""`esp32` of the emulated ESP32: the data partition and figures of a real one's heap after Wi-Fi."""

import flash as _flash

HEAP_DATA = 4
HEAP_EXEC = 1
Partition = _flash.Partition


def idf_heap_info(capabilities):
    return [(16648, 96, 68, 4), (85200, 328, 208, 4), (113840, 95504, 94208, 94852)]
