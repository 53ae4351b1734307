# SPDX-License-Identifier: MIT
"""ESP32's `esp32` without a chip: NVS and partitions in memory.

Runs on CPython and on MicroPython. `_power_cut()` loses what was not committed, `_erase()` empties the
NVS."""

HEAP_DATA, HEAP_EXEC = 4, 1
WAKEUP_ALL_LOW, WAKEUP_ANY_HIGH = False, True

_NOT_FOUND, _KEY_TOO_LONG, _INVALID_LENGTH = -0x1102, -0x1109, -0x110C

_nvs = {}  # (namespace, key) -> bytes or int, as committed
_pending = {}  # the same, not committed yet; None = erased


def _power_cut():
    _pending.clear()


def _erase():
    _pending.clear()
    _nvs.clear()


class NVS:
    def __init__(self, namespace):
        if len(namespace) > 15:
            raise OSError(_KEY_TOO_LONG, "ESP_ERR_NVS_KEY_TOO_LONG")
        self._namespace = namespace

    def _get(self, key, kind):
        where = (self._namespace, key)
        value = _pending.get(where, _nvs.get(where)) if where in _pending else _nvs.get(where)
        if not isinstance(value, kind):
            raise OSError(_NOT_FOUND, "ESP_ERR_NVS_NOT_FOUND")
        return value

    def _set(self, key, value):
        if len(key) > 15:
            raise OSError(_KEY_TOO_LONG, "ESP_ERR_NVS_KEY_TOO_LONG")
        _pending[self._namespace, key] = value

    def set_i32(self, key, value):
        self._set(key, value)

    def get_i32(self, key):
        return self._get(key, int)

    def set_blob(self, key, value):
        self._set(key, bytes(value))

    def get_blob(self, key, buffer):
        """Length of the blob, now in `buffer`."""
        value = self._get(key, bytes)
        if len(buffer) < len(value):
            raise OSError(_INVALID_LENGTH, "ESP_ERR_NVS_INVALID_LENGTH")
        buffer[: len(value)] = value
        return len(value)

    def erase_key(self, key):
        self._get(key, (int, bytes))
        _pending[self._namespace, key] = None

    def commit(self):
        for where in list(_pending):
            if where[0] == self._namespace:
                value = _pending.pop(where)
                _nvs.pop(where, None)
                if value is not None:
                    _nvs[where] = value


#: The stock 4 MB image's table: (type, subtype, address, size, label, encrypted).
_TABLE = (
    (1, 2, 0x9000, 0x6000, "nvs", False),
    (1, 1, 0xF000, 0x1000, "phy_init", False),
    (0, 0, 0x10000, 0x1F0000, "factory", False),
    (1, 129, 0x200000, 0x200000, "vfs", False),
)
_flash = {}  # (label, block) -> bytearray


class Partition:
    BOOT, RUNNING = 0, 1
    TYPE_APP, TYPE_DATA = 0, 1

    def __init__(self, id, block_size=4096):
        label = "factory" if id in (0, 1) else id
        for row in _TABLE:
            if row[4] == label:
                self._row, self._size = row, block_size
                return
        raise OSError(2)

    @staticmethod
    def find(type=0, subtype=255, label=None, block_size=4096):
        return [
            Partition(row[4], block_size)
            for row in _TABLE
            if row[0] == type and subtype in (255, row[1]) and label in (None, row[4])
        ]

    def info(self):
        return self._row

    def _block(self, number):
        return _flash.setdefault((self._row[4], number), bytearray(b"\xff" * self._size))

    def readblocks(self, block_num, buf, offset=0):
        for at in range(len(buf)):
            block, inside = divmod(block_num * self._size + offset + at, self._size)
            buf[at] = self._block(block)[inside]

    def writeblocks(self, block_num, buf, offset=None):
        """Without offset the blocks are erased first; with it, bits can only be cleared, as flash does."""
        for at, byte in enumerate(buf):
            block, inside = divmod(block_num * self._size + (offset or 0) + at, self._size)
            self._block(block)[inside] = byte if offset is None else self._block(block)[inside] & byte

    def ioctl(self, op, arg=0):
        if op == 4:
            return self._row[3] // self._size
        if op == 5:
            return self._size
        if op == 6:
            self._block(arg)[:] = b"\xff" * self._size
        return 0

    def set_boot(self):
        if self._row[0] != 0:
            raise OSError(-258, "ESP_ERR_INVALID_ARG")

    def get_next_update(self):
        raise OSError(2)  # the stock table has one application slot

    @classmethod
    def mark_app_valid_cancel_rollback(cls):
        pass


def idf_heap_info(capabilities):
    """[(total, free, largest free block, least ever free)], as an ESP32_GENERIC 1.24 answers with Wi-Fi
    up."""
    return [
        (240, 4, 0, 4),
        (7288, 4, 0, 4),
        (16648, 96, 68, 4),
        (85200, 328, 208, 4),
        (15072, 4, 0, 4),
        (113840, 95504, 94208, 94852),
    ]


def raw_temperature():
    return 128
