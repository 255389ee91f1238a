"""The receiver's MQTT, byte for byte: packets out and in, however the stream is cut, and what no broker should send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from steelyard_cloud.ingest.mqtt import packets


def test_packets_are_those_of_the_standard() -> None:
    assert packets.connect("abc", 30) == bytes.fromhex("10 0f 0004 4d515454 04 00 001e 0003 616263")
    assert packets.connect("a", 30, "u", "p") == bytes.fromhex("10 13 0004 4d515454 04 c0 001e 0001 61 0001 75 0001 70")
    assert packets.subscribe(1, ["a/+", "b"]) == bytes.fromhex("82 0c 0001 0003 612f2b 01 0001 62 01")
    assert packets.publish("t", b"xy", 258) == bytes.fromhex("32 07 0001 74 0102 7879")
    assert packets.again(packets.publish("t", b"xy", 258)) == bytes.fromhex("3a 07 0001 74 0102 7879")
    assert packets.acknowledgements([1, 0xFFFF]) == bytes.fromhex("4002 0001 4002 ffff")


@pytest.mark.parametrize(
    ("size", "length"), [(120, "7d"), (123, "8001"), (16_378, "ff7f"), (16_379, "808001"), (70_000, "f5a204")]
)
def test_length_takes_as_many_bytes_as_the_standard_says(size: int, length: str) -> None:
    packet = packets.publish("t", bytes(size), 1)
    assert packet[1 : 1 + len(length) // 2].hex() == length
    ((first, body),) = packets.Packets().feed(packet)
    assert packets.read_publish(first, body) == ("t", bytes(size), 1)


@given(st.lists(st.binary(max_size=300), max_size=6), st.lists(st.integers(0, 2000), max_size=12))
def test_stream_may_be_cut_anywhere(payloads: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(packets.publish("sy/1/0/x/up", payload, at + 1) for at, payload in enumerate(payloads))
    reader, found, before = packets.Packets(), [], 0
    for cut in [*sorted(min(cut, len(stream)) for cut in cuts), len(stream)]:
        found += reader.feed(stream[before:cut])
        before = cut
    assert [packets.read_publish(*one)[1] for one in found] == payloads


def test_every_byte_may_come_alone() -> None:
    stream = packets.publish("t", bytes(200), 7) + b"\xd0\x00" + packets.publish("t", b"", 8)
    reader = packets.Packets()
    found = [one for at in range(len(stream)) for one in reader.feed(stream[at : at + 1])]
    assert [first for first, _ in found] == [0x32, 0xD0, 0x32]


def test_of_a_packet_that_is_too_long_only_the_beginning_is_kept_and_the_next_one_is_found() -> None:
    stream = packets.publish("t", bytes(5 * packets.LONGEST), 7) + packets.publish("t", b"next", 8)
    reader, found = packets.Packets(), []
    for at in range(0, len(stream), 10_000):
        found += reader.feed(stream[at : at + 10_000])
        assert len(reader._rest) <= packets.LONGEST + 10_000
    (_, long), (_, after) = found
    assert len(long) < packets.LONGEST + 10_000
    assert packets.read_publish(0x32, long)[2] == 7
    assert packets.read_publish(0x32, after) == ("t", b"next", 8)


def test_length_that_is_none_is_refused() -> None:
    with pytest.raises(packets.MqttError):
        packets.Packets().feed(bytes.fromhex("30 ffffffff 01"))


@pytest.mark.parametrize(
    ("first", "body"), [(0x32, ""), (0x32, "0005 61"), (0x32, "0001 61 00"), (0x34, "0001 61 0001")]
)
def test_publication_without_a_whole_header_is_refused(first: int, body: str) -> None:
    with pytest.raises(packets.MqttError):
        packets.read_publish(first, bytes.fromhex(body))


def test_publication_with_qos_0_has_no_identifier_and_a_topic_is_never_fatal() -> None:
    assert packets.read_publish(0x30, bytes.fromhex("0001 61 0102")) == ("a", b"\x01\x02", 0)
    assert packets.read_publish(0x32, bytes.fromhex("0001 ff 0102"))[0] == "\ufffd"


def test_refusals_are_read() -> None:
    assert packets.refusal(packets.CONNACK, b"\x00\x00") == 0
    assert packets.refusal(packets.CONNACK, b"\x00\x05") == 5
    assert packets.refusal(packets.SUBACK, b"\x00\x01\x01\x00") == 0
    assert packets.refusal(packets.SUBACK, b"\x00\x01\x01\x80") == 0x80
    for kind, body in ((packets.CONNACK, b"\x00"), (packets.SUBACK, b"\x00\x01")):
        with pytest.raises(packets.MqttError):
            packets.refusal(kind, body)
    with pytest.raises(packets.MqttError):
        packets.read_identifier(b"\x00")
