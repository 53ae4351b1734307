# SPDX-License-Identifier: MIT
"""A board in download mode, through esptool's library. Not testable without a board: kept thin."""

from .. import UserError


class Port:
    """An open port; flash_mb is what the chip says. UserError when no chip answers or it is another one."""

    def __init__(self, port, chip):
        import esptool
        from esptool import cmds

        self._cmds, self._fatal = cmds, esptool.FatalError
        try:
            self._esp = cmds.run_stub(cmds.detect_chip(port))
            cmds.attach_flash(self._esp)
            size = cmds.detect_flash_size(self._esp)
        except (esptool.FatalError, OSError) as error:
            raise UserError(
                "no ESP chip answers on %s (%s); hold BOOT while you press RESET, then run this again"
                % (port, str(error).split("\n")[0])
            )
        if chip != self._esp.CHIP_NAME:
            raise UserError(
                "the board on %s has the chip %s, the firmware is for %s" % (port, self._esp.CHIP_NAME, chip)
            )
        if not size or not size.endswith("MB"):
            raise UserError("the flash of the board on %s cannot be measured; say it with --flash MB" % port)
        self.flash_mb = int(size[:-2])

    def write(self, offset, image, say):
        """Writes, verifies (esptool compares MD5) and starts the board."""
        try:
            self._cmds.write_flash(self._esp, [(offset, image)], compress=True)
            self._cmds.reset_chip(self._esp, "hard-reset")
        except (self._fatal, OSError) as error:
            raise UserError("writing failed (%s); run the same command again" % str(error).split("\n")[0])
