"""The description in a multipart body."""

import pytest

from trunkline.sip.multipart import description

SDP = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"
ISUP = "Content-Type: application/isup;version=etsi\r\nContent-Disposition: signal;handling=optional\r\n\r\n\1\0\x60"


def mixed(*parts, boundary="x1", end="--"):
    return "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + (f"--{boundary}{end}\r\n" if end else "")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/mixed;boundary=x1", mixed(f"Content-Type: application/sdp\r\n\r\n{SDP}", ISUP)),
        ('multipart/mixed; boundary="x1"', mixed(ISUP, f"Content-Type: application/sdp\r\n\r\n{SDP}")),
        (
            "multipart/mixed;boundary=x1",
            mixed(f"Content-Type: application/sdp\r\nContent-Disposition: session;handling=required\r\n\r\n{SDP}"),
        ),
        (
            "Multipart/MIXED;charset=x ; Boundary = x1",
            mixed(f"Content-Disposition: session\r\ncontent-type:Application/SDP; charset=utf-8\r\n\r\n{SDP}"),
        ),
        (
            "multipart/mixed;boundary=x1",
            f"preamble\r\n{mixed(ISUP, f'Content-Type:\r\n application/sdp\r\n\r\n{SDP}')}end",
        ),
        ("multipart/mixed;boundary=x1", mixed(f"Content-Type: application/sdp\r\n\r\n{SDP}").replace("\r\n", "\n")),
        ("multipart/mixed;boundary=x1", mixed(f"Content-Type: application/sdp\r\n\r\n{SDP}", end="")),
        (
            'multipart/mixed;boundary="a (.+)?"',
            mixed(f"Content-Type: application/sdp\r\n\r\n{SDP}", boundary="a (.+)?"),
        ),
        (
            "multipart/mixed;boundary=x1",
            mixed(f"Content-Type: application/sdp\r\n\r\n{SDP}", "Content-Type: a/b\r\n\r\nc"),
        ),
    ],
)
def test_it_is_found_without_the_headers_of_its_part(kind, body):
    assert description(kind, body).replace("\r\n", "\n").strip() == SDP.replace("\r\n", "\n").strip()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/mixed;boundary=x1", mixed(ISUP)),
        ("multipart/mixed", mixed(f"Content-Type: application/sdp\r\n\r\n{SDP}")),
        ("multipart/mixed;boundary=x2", mixed(f"Content-Type: application/sdp\r\n\r\n{SDP}")),
        ("multipart/mixed;boundary=x", mixed(f"Content-Type: application/sdp\r\n\r\n{SDP}")),
        ("multipart/mixed;boundary=x1", mixed("Content-Type: application/sdp-not\r\n\r\nv=0")),
        (
            "multipart/mixed;boundary=x1",
            mixed(f"Content-Type: text/plain\r\n\r\nContent-Type: application/sdp\r\n\r\n{SDP}"),
        ),
        ("multipart/mixed;boundary=x1", f"{mixed(ISUP)}{mixed(f'Content-Type: application/sdp\r\n\r\n{SDP}')}"),
        ("multipart/mixed;boundary=x1", mixed("Content-Type: application/sdp")),
        ("multipart/mixed;boundary=x1", ""),
        ("multipart/mixed;boundary=x1", "--x1--"),
    ],
)
def test_there_is_none(kind, body):
    assert description(kind, body) == ""


def test_a_body_full_of_delimiters_costs_no_time():
    assert description("multipart/mixed;boundary=x", "--x\r\n" * 6500) == ""
    assert description("multipart/mixed;boundary=x", "\r\n" * 16_000) == ""
