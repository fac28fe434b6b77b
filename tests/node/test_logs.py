"""The ends of log files, and their lines as they come."""

import pytest

from trunkline.node import logs


@pytest.mark.parametrize(
    ("text", "lines", "expected"),
    [
        ("", 5, []),
        ("a\nb\nc\n", 2, ["b", "c"]),
        ("a\nb\nc", 2, ["b", "c"]),
        ("a\n", 5, ["a"]),
        ("a\nb\n", 0, []),
    ],
)
def test_the_last_lines(tmp_path, text, lines, expected):
    (tmp_path / "kamailio.log").write_text(text)
    assert logs.tail(tmp_path / "kamailio.log", lines) == expected


def test_a_terminal_gets_no_orders(tmp_path):
    """Nor a database the zeros that a power cut has left."""
    path = tmp_path / "kamailio.log"
    path.write_text("before\n")
    steps = iter([lambda: path.open("a").write("\x1b[2Jgone\0\tä\n")])
    shown = "\ufffd[2Jgone\ufffd\tä"
    assert list(logs.follow({"kamailio": path}, lambda: (step := next(steps, None)) is None or not step())) == [
        ("kamailio", shown)
    ]
    assert logs.tail(path, 1) == [shown]


def test_the_last_lines_of_a_large_file_and_of_none(tmp_path):
    path = tmp_path / "kamailio.log"
    path.write_text("".join(f"line {n} {'x' * 100}\n" for n in range(5000)))
    found = logs.tail(path, 1000)
    assert [line.split()[1] for line in found] == [str(n) for n in range(4000, 5000)]
    assert logs.tail(tmp_path / "none.log", 10) == []


def test_lines_are_followed_across_a_rotation(tmp_path):
    path, late = tmp_path / "kamailio.log", tmp_path / "late.log"
    path.write_text("before\n")
    steps = iter(
        [
            lambda: path.open("a").write("one\ntw"),
            lambda: path.open("a").write("o\n"),
            lambda: (
                path.open("a").write("last\n"),
                path.rename(tmp_path / "kamailio.log.1"),
                path.write_text("next\n"),
            ),
            lambda: late.write_text("hello\n"),
            lambda: None,
        ]
    )

    def stopped():
        step = next(steps, None)
        if step:
            step()
        return step is None

    found = list(logs.follow({"kamailio": path, "late": late}, stopped))
    assert [line for name, line in found if name == "kamailio"] == ["one", "two", "last", "next"]
    assert [line for name, line in found if name == "late"] == ["hello"]


def test_the_parts_that_have_a_log(tmp_path):
    for name in ("ship.log", "follow.log", "follow.log.1", "supervisord.out"):
        (tmp_path / name).touch()
    assert logs.parts(tmp_path) == ["follow", "ship"]
