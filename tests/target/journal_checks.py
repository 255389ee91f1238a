"""Checks of the ring journal on the simulated flash."""

from agent.errors import Damaged
from agent.record.journal import Journal, JournalFull, NotInJournal
from hal_flash import Nor, PowerCut, Region
from hal_random import Random

SECTORS = 6
RECORDS_PER_SECTOR = 15  # one statement of 190 bytes a page; a sector's first page is its header


def statement(number, length=190):
    return bytes([(number * 31 + i) & 0xFF for i in range(length)])


def mounted(chip, program_bytes=256):
    journal = Journal(Region(chip), program_bytes)
    journal.mount()
    return journal


def filled(chip, count, program_bytes=256):
    journal = mounted(chip, program_bytes)
    for number in range(1, count + 1):
        journal.append(number, statement(number))
    return journal


def raises(kind, call, *args):
    try:
        call(*args)
    except kind as error:
        return error
    raise AssertionError("%s was not raised" % kind.__name__)


def held(journal):
    return [number for number, _ in journal.iterate(1)]


def test_blank_flash_is_an_empty_journal():
    journal = mounted(Nor(SECTORS * 4096))
    assert (journal.head, journal.tail, journal.free_permille()) == (0, 0, 1000)
    assert held(journal) == []
    raises(NotInJournal, journal.read, 1)


def test_garbage_is_an_empty_journal_that_works():
    chip = Nor(SECTORS * 4096)
    for sector in range(SECTORS):
        chip.writeblocks(sector, statement(sector, 4096))
    journal = mounted(chip)
    assert journal.head == 0
    journal.append(1, statement(1))
    assert mounted(chip).read(1) == statement(1)


def test_statements_survive_a_restart():
    for program_bytes in (256, 16, 4):
        chip = Nor(SECTORS * 4096, program_size=program_bytes)
        filled(chip, 40, program_bytes)
        journal = mounted(chip, program_bytes)
        assert journal.head == 40 and journal.tail == 1
        for number in range(1, 41):
            assert journal.read(number) == statement(number)
        journal.append(41, statement(41))
        assert held(mounted(chip, program_bytes)) == list(range(1, 42))


def test_a_statement_costs_one_program_and_a_fifteenth_of_an_erase():
    chip = Nor(SECTORS * 4096)
    journal = filled(chip, 2 * RECORDS_PER_SECTOR)
    assert chip.programs == 2 * RECORDS_PER_SECTOR + 2 and chip.erases == 2  # two sector headers
    assert journal.prepare() and chip.erases == 3
    operations = chip.operations
    assert journal.prepare() and chip.operations == operations
    journal.append(31, statement(31))
    assert chip.operations == operations + 1


def test_a_sector_that_was_prepared_is_known_after_a_restart_and_not_erased_again():
    for count in (1, RECORDS_PER_SECTOR, 3 * RECORDS_PER_SECTOR + 2, SECTORS * RECORDS_PER_SECTOR - 20):
        chip = Nor(SECTORS * 4096)
        assert filled(chip, count).prepare()
        journal, operations = mounted(chip), chip.operations
        assert (journal.head, journal.tail) == (count, 1)
        assert journal.prepare() and chip.operations == operations
        for number in range(count + 1, count + RECORDS_PER_SECTOR + 1):
            journal.append(number, statement(number))
        assert chip.operations == operations + RECORDS_PER_SECTOR
        assert held(mounted(chip)) == list(range(1, count + RECORDS_PER_SECTOR + 1))


def test_small_program_units_pack_twenty_statements_in_a_sector():
    chip = Nor(SECTORS * 4096, program_size=4)
    journal = filled(chip, 40, 4)
    assert chip.erases == 2
    assert journal.head == 40


def test_large_statements_fit_and_larger_ones_are_refused():
    chip = Nor(SECTORS * 4096)
    journal = mounted(chip)
    for number in range(1, 6):
        journal.append(number, statement(number, 2048))
    raises(ValueError, journal.append, 6, statement(6, 2049))
    raises(ValueError, journal.append, 6, b"")
    raises(ValueError, journal.append, 5, statement(5))
    journal = mounted(chip)
    assert [journal.read(number) for number in range(1, 6)] == [statement(number, 2048) for number in range(1, 6)]


def test_unreceipted_statements_are_never_overwritten():
    chip = Nor(SECTORS * 4096)
    journal = filled(chip, SECTORS * RECORDS_PER_SECTOR)
    assert journal.free_permille() == 0
    operations = chip.operations
    raises(JournalFull, journal.append, 91, statement(91))
    assert not journal.prepare() and chip.operations == operations
    journal = mounted(chip)
    raises(JournalFull, journal.append, 91, statement(91))
    assert held(journal) == list(range(1, 91))


def test_trimming_makes_room_for_exactly_the_sectors_that_are_receipted():
    chip = Nor(SECTORS * 4096)
    journal = filled(chip, SECTORS * RECORDS_PER_SECTOR)
    assert journal.frees(14) == 0
    journal.trim(14)
    raises(JournalFull, journal.append, 91, statement(91))
    assert journal.frees(31) == 2
    journal.trim(31)
    for number in range(91, 91 + 2 * RECORDS_PER_SECTOR):
        journal.append(number, statement(number))
    raises(JournalFull, journal.append, 121, statement(121))
    assert held(journal) == list(range(31, 121))
    assert journal.trimmed == 31 and journal.tail == 31


def test_the_ring_goes_round_many_times():
    chip = Nor(SECTORS * 4096)
    journal = mounted(chip)
    for number in range(1, 1001):
        journal.append(number, statement(number, 100 + number % 400))
        if number % 7 == 0:
            journal.prepare()
        if number % 10 == 0:
            journal.trim(number - 3)
        if number % 111 == 0:
            trimmed = journal.trimmed
            journal = mounted(chip)
            journal.trim(trimmed)
            assert journal.head == number
        for kept in range(max(1, number - 8), number + 1):
            assert journal.read(kept) == statement(kept, 100 + kept % 400)
    assert chip.faults == 0


def test_numbers_may_jump():
    chip = Nor(SECTORS * 4096)
    filling = filled(chip, 20)
    filling.append(2000, statement(2000))
    for journal in (filling, mounted(chip)):
        assert journal.head == 2000 and journal.following(20) == 2000 and journal.following(1999) == 2000
        assert held(journal) == list(range(1, 21)) + [2000]
        raises(NotInJournal, journal.read, 1000)
    assert journal.frees(20) == 1
    assert journal.frees(2000) == 1


def test_a_torn_record_is_passed_over_and_its_number_is_free():
    for program_bytes in (256, 4):
        for how in ("none", "prefix", "scattered"):
            for seed in range(20):
                for length in (100, 190, 700):
                    chip = Nor(SECTORS * 4096, program_size=program_bytes)
                    journal = filled(chip, 17, program_bytes)
                    chip.cut_at(1 + seed % (1 if length < 256 else 2), how, seed)
                    raises(PowerCut, journal.append, 18, statement(99, length))
                    chip.power_on()
                    journal = mounted(chip, program_bytes)
                    if journal.head == 17:  # bits that were not yet programmed may all have been ones
                        journal.append(18, statement(18, length))
                        assert mounted(chip, program_bytes).read(18) == statement(18, length)
                    else:
                        assert how != "none" and journal.read(18) == statement(99, length)
                    assert [journal.read(number) for number in range(1, 18)] == [
                        statement(number) for number in range(1, 18)
                    ]
                    assert chip.faults == 0


def test_a_damaged_statement_is_missing_and_its_neighbours_are_not():
    chip = Nor(SECTORS * 4096)
    filled(chip, 40)
    chip.writeblocks(0, bytes(256), 5 * 256)  # the fifth statement
    journal = mounted(chip)
    raises(NotInJournal, journal.read, 5)
    assert held(journal) == [1, 2, 3, 4] + list(range(6, 41))
    assert journal.following(4) == 6


def test_a_damaged_sector_header_hides_nothing():
    for sector in range(3):
        for prepared in (False, True):
            chip = Nor(SECTORS * 4096)
            journal = filled(chip, 40)
            if prepared:
                journal.prepare()
            chip.writeblocks(sector, bytes(256), 0)
            journal = mounted(chip)
            assert journal.head == 40, (sector, prepared)
            assert held(journal) == list(range(1, 41))
            journal.append(41, statement(41))
            for number in range(42, 70):
                journal.append(number, statement(number))
            assert held(mounted(chip))[-29:] == list(range(41, 70))


def test_a_cut_erase_or_header_is_done_again():
    for operation in (1, 2):
        for how in ("none", "prefix", "scattered", "all"):
            for seed in range(10):
                chip = Nor(SECTORS * 4096)
                journal = filled(chip, SECTORS * RECORDS_PER_SECTOR)
                journal.trim(40)
                chip.cut_at(operation, how, seed)
                raises(PowerCut, journal.prepare)
                chip.power_on()
                journal = mounted(chip)
                assert journal.head == 90
                journal.trim(40)
                for number in range(91, 91 + 2 * RECORDS_PER_SECTOR):
                    journal.append(number, statement(number))
                assert held(journal) == list(range(31, 121)) and held(mounted(chip)) == list(range(31, 121))
                assert chip.faults == 0


def worn(chip, *sectors, how="erase"):
    for sector in sectors:
        chip.wear_out(sector, how)


def test_a_sector_that_does_not_erase_is_passed_over_each_time_round():
    for sectors in ((2,), (0, 1), (5,), (3, 4, 5)):
        chip = Nor(SECTORS * 4096)
        journal = filled(chip, 6 * RECORDS_PER_SECTOR)
        worn(chip, *sectors)
        for number in range(6 * RECORDS_PER_SECTOR + 1, 30 * RECORDS_PER_SECTOR):
            journal.trim(number - 1)
            journal.append(number, statement(number))
            assert journal.read(number) == statement(number)
            assert number % 7 or mounted(chip).head == number
        assert journal.take_faults()[0] in sectors
        again = mounted(chip)
        kept = held(again)
        assert kept[-1] == number and [one for one in kept if one > number - RECORDS_PER_SECTOR] == list(
            range(number - RECORDS_PER_SECTOR + 1, number + 1)
        )
        for one in kept:
            assert again.read(one) == statement(one)


def test_what_a_sector_does_not_keep_goes_into_the_next():
    for how in ("erase", "program"):
        chip = Nor(SECTORS * 4096)
        journal = filled(chip, RECORDS_PER_SECTOR + 3)
        worn(chip, 1, 2, how=how)
        for number in range(RECORDS_PER_SECTOR + 4, 3 * RECORDS_PER_SECTOR):
            journal.append(number, statement(number))
        assert held(journal) == held(mounted(chip)) == list(range(1, 3 * RECORDS_PER_SECTOR))
        for number in held(journal):
            assert journal.read(number) == statement(number)


def test_worn_sectors_never_cost_a_statement_nor_repeat_a_number():
    randomly = Random(11, "worn")
    for _ in range(12):
        chip = Nor(SECTORS * 4096)
        journal = mounted(chip)
        trimmed = 0
        for number in range(1, 260):
            if not randomly.below(12):
                chip.wear_out(randomly.below(SECTORS), ("erase", "program", "none", "none")[randomly.below(4)])
            if not randomly.below(10):
                journal = mounted(chip)
                journal.trim(trimmed)
                assert journal.head == number - 1
            if not randomly.below(3):
                trimmed = max(trimmed, number - 1 - randomly.below(20))
                journal.trim(trimmed)
            if not randomly.below(6):
                try:
                    journal.prepare()
                except Damaged:
                    break
            try:
                journal.append(number, statement(number))
            except (JournalFull, Damaged):
                break  # on six sectors four that are worn are the end
            for one in range(trimmed + 1, number + 1):
                assert journal.read(one) == statement(one)
        assert mounted(chip).head == journal.head


def test_a_chip_that_keeps_nothing_any_more_says_so_and_is_not_erased_for_ever():
    chip = Nor(8 * 4096)
    journal = filled(chip, 3)
    worn(chip, *range(8), how="program")
    assert raises(Damaged, journal.append, 4, statement(4)).code == "journal-fault"
    worn(chip, *range(8))
    erases = chip.erases
    for _ in range(20):
        raises(Damaged, journal.prepare)
    assert chip.erases - erases <= 4
    assert held(mounted(chip)) == [1, 2, 3]


def test_a_full_journal_whose_last_sector_is_worn_is_full_and_no_more_erased():
    chip = Nor(SECTORS * 4096)
    journal = filled(chip, 6 * RECORDS_PER_SECTOR)
    journal.trim(RECORDS_PER_SECTOR)
    worn(chip, 0)
    raises(JournalFull, journal.append, 6 * RECORDS_PER_SECTOR + 1, statement(1))
    erases = chip.erases
    for _ in range(20):
        assert not journal.prepare()
    assert chip.erases == erases
    assert held(mounted(chip))[-5 * RECORDS_PER_SECTOR :] == list(
        range(RECORDS_PER_SECTOR + 1, 6 * RECORDS_PER_SECTOR + 1)
    )


def test_a_sector_that_fills_up_the_journal_with_failures_ends_it_rather_than_repeat_a_number():
    chip = Nor(2 * 4096)
    journal = filled(chip, RECORDS_PER_SECTOR)
    worn(chip, 1, how="program")
    chip.wear_out(1, "none")
    assert journal.prepare()
    worn(chip, 1, how="program")
    assert raises(Damaged, journal.append, RECORDS_PER_SECTOR + 1, statement(1)).code == "journal-fault"
