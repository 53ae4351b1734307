# SPDX-License-Identifier: MIT
"""What talks to a board or makes its flash: flash, image, serial link."""
