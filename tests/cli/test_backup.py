"""`trunkline backup` and `trunkline restore` on the database of a home."""


def test_there_and_back(run, ask, tmp_path):
    ask("account", "add", "acme")
    file = tmp_path / "one.backup"
    made = ask("backup", str(file))
    assert (made["file"], made["rows"]["accounts_account"], made["removed"]) == (str(file), 1, [])
    assert made["bytes"] == file.stat().st_size
    ask("account", "add", "later")
    refused = run("restore", str(file))
    assert (refused.status, "is not empty (2 accounts" in refused.err) == (1, True)
    done = run("restore", str(file), "--replace")
    assert (done.status, "Restored from" in done.out) == (0, True)
    assert [account["name"] for account in ask("account", "list")] == ["acme"]


def test_a_folder_gets_one_with_the_time_in_its_name(run, ask, tmp_path):
    ask("account", "add", "acme")
    old = tmp_path / "trunkline-20200101-000000.backup"
    old.write_text("")
    made = ask("backup", str(tmp_path), "--keep", "1")
    assert made["removed"] == [str(old)]
    assert [path.name for path in tmp_path.glob("*.backup")] == [made["file"].rpartition("/")[2]]


def test_keeping_is_for_a_folder(run, tmp_path):
    (tmp_path / "file").write_text("")
    ran = run("backup", str(tmp_path / "file"), "--keep", "3")
    assert (ran.status, "--keep is for a folder" in ran.err) == (1, True)
    ran = run("backup", str(tmp_path / "nowhere" / "backups"), "--keep", "3")
    assert (ran.status, "cannot be made: No such file or directory" in ran.err) == (1, True)


def test_the_folder_to_keep_them_in_is_made_for_its_owner_alone(ask, tmp_path):
    ask("account", "add", "acme")
    folder = tmp_path / "backups"
    made = ask("backup", str(folder), "--keep", "3")
    assert [str(path) for path in folder.iterdir()] == [made["file"]]
    assert folder.stat().st_mode & 0o777 == 0o700
