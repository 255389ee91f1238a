"""A part of a block device, for ports whose flash class cannot give a part of itself."""

from micropython import const

_BLOCK_SIZE = const(4096)


class Region:
    """`block_count` blocks of `device` from `first_block` on."""

    def __init__(self, device, first_block, block_count):
        self._device = device
        self._first_block = first_block
        self._block_count = block_count

    def readblocks(self, block, buffer, offset=0):
        return self._device.readblocks(self._first_block + block, buffer, offset)

    def writeblocks(self, block, buffer, offset=None):
        if offset is None:
            return self._device.writeblocks(self._first_block + block, buffer)
        return self._device.writeblocks(self._first_block + block, buffer, offset)

    def ioctl(self, operation, argument):
        if operation == 4:
            return self._block_count
        if operation == 5:
            return _BLOCK_SIZE
        if operation == 6:
            return self._device.ioctl(6, self._first_block + argument)
        return 0
