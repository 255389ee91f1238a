"""What the simulated flash promises, checked inside MicroPython."""

import os

import vfs
from hal_flash import SECTOR_BYTES, Nor, PowerCut, Region

PAGE = bytes(range(256))


def raises(error, call, *args):
    try:
        call(*args)
    except error as e:
        return e
    raise AssertionError(f"{call!r} raised no {error!r}")


def content(nor, address, length):
    buf = bytearray(length)
    nor.readblocks(address // SECTOR_BYTES, buf, address % SECTOR_BYTES)
    return bytes(buf)


def test_new_chip_is_erased():
    nor = Nor(8 * SECTOR_BYTES)
    assert content(nor, 0, 8 * SECTOR_BYTES) == b"\xff" * (8 * SECTOR_BYTES)
    assert nor.ioctl(4, 0) == 8
    assert nor.ioctl(5, 0) == SECTOR_BYTES


def test_program_clears_bits_and_erase_sets_them():
    nor = Nor(2 * SECTOR_BYTES)
    nor.writeblocks(1, PAGE, 512)
    assert content(nor, SECTOR_BYTES + 512, 256) == PAGE
    nor.writeblocks(1, bytes(b & 0x0F for b in PAGE), 512)
    assert content(nor, SECTOR_BYTES + 512, 256) == bytes(b & 0x0F for b in PAGE)
    nor.ioctl(6, 1)
    assert content(nor, SECTOR_BYTES, SECTOR_BYTES) == b"\xff" * SECTOR_BYTES
    assert (nor.operations, nor.programs, nor.erases, nor.faults) == (3, 2, 1, 0)


def test_zero_to_one_is_refused_and_counted():
    nor = Nor(SECTOR_BYTES)
    nor.writeblocks(0, bytes(256), 0)
    raises(OSError, nor.writeblocks, 0, PAGE, 0)
    assert content(nor, 0, 256) == bytes(256)
    assert (nor.operations, nor.faults) == (1, 1)


def test_unaligned_programs_are_refused():
    nor = Nor(SECTOR_BYTES)
    raises(OSError, nor.writeblocks, 0, bytes(255), 0)
    raises(OSError, nor.writeblocks, 0, bytes(256), 1)
    raises(OSError, nor.writeblocks, 0, bytes(256))
    assert (nor.operations, nor.faults) == (0, 3)
    fine = Nor(SECTOR_BYTES, program_size=1)
    fine.writeblocks(0, b"\x12\x34\x56", 255)
    assert content(fine, 255, 3) == b"\x12\x34\x56"
    assert fine.operations == 2, "a program across two pages is two operations"


def test_outside_the_chip_or_region_is_refused():
    nor = Nor(4 * SECTOR_BYTES)
    region = Region(nor, SECTOR_BYTES, 2 * SECTOR_BYTES)
    assert region.ioctl(4, 0) == 2
    raises(OSError, nor.readblocks, 4, bytearray(1))
    raises(OSError, region.readblocks, 2, bytearray(1))
    raises(OSError, region.writeblocks, 1, bytes(2 * SECTOR_BYTES))
    raises(OSError, region.ioctl, 6, 2)
    raises(ValueError, Region, nor, 0, 5 * SECTOR_BYTES)
    region.writeblocks(0, PAGE, 0)
    assert content(nor, SECTOR_BYTES, 256) == PAGE


def test_write_without_offset_erases_first():
    nor = Nor(SECTOR_BYTES)
    nor.writeblocks(0, bytes(256), 0)
    nor.writeblocks(0, PAGE * 16)
    assert content(nor, 0, SECTOR_BYTES) == PAGE * 16
    assert (nor.erases, nor.programs) == (1, 17)


def cut(how, seed, erase):
    nor = Nor(SECTOR_BYTES)
    nor.writeblocks(0, PAGE * 16)
    nor.cut_at(2, how, seed)
    nor.writeblocks(0, bytes(256), 256)
    if erase:
        raises(PowerCut, nor.ioctl, 6, 0)
    else:
        raises(PowerCut, nor.writeblocks, 0, bytes(256), 512)
    raises(PowerCut, nor.readblocks, 0, bytearray(1))
    nor.power_on()
    assert content(nor, 256, 256) == bytes(256) or erase
    return content(nor, 0, SECTOR_BYTES)


def test_cut_leaves_nothing_a_part_or_all():
    before = PAGE + bytes(256) + PAGE * 14
    programmed = PAGE + bytes(512) + PAGE * 13
    assert cut("none", 0, False) == before
    assert cut("all", 0, False) == programmed
    assert cut("none", 0, True) == before
    assert cut("all", 0, True) == b"\xff" * SECTOR_BYTES
    for erase, whole in ((False, programmed), (True, b"\xff" * SECTOR_BYTES)):
        prefixes = set()
        scattered = set()
        for seed in range(8):
            torn = cut("prefix", seed, erase)
            same = 0
            while same < SECTOR_BYTES and torn[same] == whole[same]:
                same += 1
            assert torn[same + 1 :] == before[same + 1 :]
            prefixes.add(torn)
            torn = cut("scattered", seed, erase)
            for old, new, got in zip(before, whole, torn):
                assert got & ~(old | new) == 0
                assert got | (old & new) == got
            assert torn not in (before, whole)
            scattered.add(torn)
        assert len(prefixes) > 4
        assert len(scattered) == 8
    assert cut("scattered", 3, True) == cut("scattered", 3, True), "the same seed tears alike"


def test_cut_now_and_hook():
    nor = Nor(SECTOR_BYTES)
    seen = []
    nor.on_cut = lambda: seen.append(nor.operations)
    raises(PowerCut, nor.cut)
    assert seen == [0]
    raises(PowerCut, nor.ioctl, 6, 0)


def test_old_region_stays_dead_after_power_on():
    nor = Nor(2 * SECTOR_BYTES)
    old = Region(nor)
    raises(PowerCut, nor.cut)
    nor.power_on()
    raises(PowerCut, old.writeblocks, 0, PAGE, 0)
    raises(PowerCut, old.readblocks, 0, bytearray(1))
    raises(PowerCut, old.ioctl, 6, 0)
    Region(nor).writeblocks(0, PAGE, 0)


def test_image_file_keeps_contents(tmp_path):
    path = tmp_path + "/flash.img"
    nor = Nor(4 * SECTOR_BYTES, path)
    assert content(nor, 0, 4 * SECTOR_BYTES) == b"\xff" * (4 * SECTOR_BYTES)
    nor.writeblocks(2, PAGE, 256)
    nor.cut_at(1, "prefix", 5)
    raises(PowerCut, nor.writeblocks, 2, bytes(256), 512)
    with open(path, "rb") as image:
        written = image.read()
    assert len(written) == 4 * SECTOR_BYTES
    assert written[2 * SECTOR_BYTES + 256 : 2 * SECTOR_BYTES + 512] == PAGE
    again = Nor(4 * SECTOR_BYTES, path)
    assert content(again, 0, 4 * SECTOR_BYTES) == written
    raises(ValueError, Nor, SECTOR_BYTES, path)


def test_littlefs_survives_a_cut_at_every_operation(how):
    nor = Nor(16 * SECTOR_BYTES)
    vfs.VfsLfs2.mkfs(Region(nor), progsize=256)
    old, new = b"old" * 100, b"new" * 100
    at = 0
    finished = False
    while not finished:
        at += 1
        vfs.mount(vfs.VfsLfs2(Region(nor), progsize=256), "/fs")
        for name, data in (("a", old), ("b", new)):
            with open("/fs/" + name, "wb") as f:
                f.write(data)
        nor.cut_at(at, how, at)
        try:
            os.rename("/fs/b", "/fs/a")
            with open("/fs/c", "wb") as f:
                f.write(old)
            nor.cut_at(0)
            finished = True
        except PowerCut:
            nor.power_on()
        vfs.umount("/fs")
        vfs.mount(vfs.VfsLfs2(Region(nor), progsize=256), "/fs")
        with open("/fs/a", "rb") as f:
            assert f.read() in (old, new), at
        vfs.umount("/fs")
    assert at > 4
    assert nor.faults == 0


CASES = {"test_littlefs_survives_a_cut_at_every_operation": ("none", "prefix", "scattered", "all")}
