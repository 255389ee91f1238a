"""Makes the flash image of a new scale: a littlefs with the given files, everything else erased.

Arguments: the image's path, then pairs of a file's name in the littlefs and the path of its contents.
"""

import sys

import board
import vfs
from hal_flash import FLASH_BYTES, Nor, Region


def make(image, names, sources):
    start, length = board.FLASH["files"]
    region = Region(Nor(FLASH_BYTES, image, board.PROGRAM_SIZE), start, length)
    vfs.VfsLfs2.mkfs(region, progsize=board.PROGRAM_SIZE)
    vfs.mount(vfs.VfsLfs2(region, progsize=board.PROGRAM_SIZE, mtime=False), "/fs")
    for name, source in zip(names, sources):
        with open(source, "rb") as contents, open("/fs/" + name, "wb") as file:
            file.write(contents.read())
    vfs.umount("/fs")


make(sys.argv[1], sys.argv[2::2], sys.argv[3::2])
