# SPDX-License-Identifier: MIT
"""`errno` of the emulated ESP32: newlib's numbers (see chip_socket)."""

EPERM = 1
ENOENT = 2
EIO = 5
EBADF = 9
EAGAIN = 11
ENOMEM = 12
EACCES = 13
EEXIST = 17
ENODEV = 19
EISDIR = 21
EINVAL = 22
EOPNOTSUPP = 95
ENOBUFS = 105
EADDRINUSE = 112
ECONNABORTED = 113
ECONNRESET = 104
ENOTCONN = 128
ETIMEDOUT = 116
ECONNREFUSED = 111
EHOSTUNREACH = 118
EALREADY = 120
EINPROGRESS = 119
errorcode = {value: name for name, value in globals().items() if name[0] == "E"}
