"""Dictionaries whose values are stored in a file: they behave like plain ones, and use little memory."""

import copy
import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenticai.emulator.spool.file import Spool
from agenticai.emulator.spool.partitions import Partitions
from agenticai.emulator.spool.shelf import Shelf

KEYS = st.sampled_from(["a", "b", "c", ("account", ("bucket", "é")), ("account", ("bucket", "\ud800")), 7])
CHANGES = st.lists(st.tuples(st.sampled_from(["set", "append", "pop", "get"]), KEYS, st.integers()))


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with Spool(tmp_path) as made:
        yield made


@given(changes=CHANGES, held=st.integers(0, 3))
def test_a_shelf_is_a_dictionary_however_few_values_it_holds(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, Any, int]], held: int
) -> None:
    with Spool(tmp_path_factory.getbasetemp()) as spool:
        shelf: Shelf[Any, list[int]] = Shelf(spool, held=max(1, held))
        plain: dict[Any, list[int]] = {}
        for do, key, value in changes:
            for mapping in (shelf, plain):
                match do:
                    case "set":
                        mapping[key] = [value]
                    case "append":
                        mapping.setdefault(key, []).append(value)
                    case "pop":
                        mapping.pop(key, None)
            assert shelf.get(key) == plain.get(key)
            assert (key in shelf, len(shelf)) == (key in plain, len(plain))
        assert list(shelf) == list(plain)
        assert dict(shelf.items()) == plain


def test_a_shelf_tells_its_first_key_and_is_emptied(spool: Spool) -> None:
    shelf: Shelf[str, int] = Shelf(spool)
    shelf.update({"z": 1, "a": 2})
    assert shelf.find_first() == "z"
    shelf.clear()
    assert (list(shelf), len(shelf), "z" in shelf) == ([], 0, False)
    with pytest.raises(KeyError):
        shelf.find_first()
    with pytest.raises(KeyError):
        del shelf["z"]


def test_only_the_values_asked_for_last_are_in_memory(spool: Spool) -> None:
    def living() -> int:
        gc.collect()
        return sum(isinstance(thing, Counted) for thing in gc.get_objects())

    shelf: Shelf[int, Counted] = Shelf(spool, held=10)
    for number in range(100):
        shelf[number] = Counted(number=number)
    assert living() == 10
    assert [value["number"] for value in shelf.values()] == list(range(100))
    assert living() <= 11


class Counted(dict[str, int]):
    """A value that can be distinguished from other dictionaries."""


def test_partitions_are_dictionaries_of_dictionaries(spool: Spool) -> None:
    items: Partitions[str, str, Any] = Partitions(spool)
    items.setdefault("one", Partitions[str, str, Any](spool)["other"])["a"] = {"S": "1"}
    items["one"]["b"] = {"S": "2"}
    items["two"]["a"] = {"S": "3"}
    assert {part: dict(values) for part, values in items.items()} == {
        "one": {"a": {"S": "1"}, "b": {"S": "2"}},
        "two": {"a": {"S": "3"}},
    }
    assert (len(items), len(items["one"]), "one" in items, "three" in items) == (2, 2, True, False)
    assert (items["one"].get("a"), items["three"].get("a"), "c" in items["one"]) == ({"S": "1"}, None, False)
    assert items["two"].pop("a") == {"S": "3"}
    assert (list(items), bool(items["two"])) == (["one"], False)
    del items["two"]
    with pytest.raises(KeyError):
        del items["one"]["c"]


def test_what_is_read_of_a_partition_is_a_copy(spool: Spool) -> None:
    items: Partitions[str, str, Any] = Partitions(spool)
    items["one"] = {"a": [1]}
    items["one"]["a"].append(2)
    copied = copy.deepcopy(dict(items))
    items["one"] = {"b": [3]}
    assert copied == {"one": {"a": [1]}}
    assert dict(items["one"]) == {"b": [3]}


def test_the_rows_of_what_is_gone_are_dropped(spool: Spool) -> None:
    shelf: Shelf[str, str] | None = Shelf(spool)
    items: Partitions[str, str, str] | None = Partitions(spool)
    assert shelf is not None
    assert items is not None
    shelf["a"] = items["a"]["a"] = "x"
    kept = items["a"]
    del shelf, items
    gc.collect()
    other: Shelf[str, str] = Shelf(spool)
    other["b"] = kept["a"]  # a partition keeps the others too
    del kept
    gc.collect()
    other["c"] = "y"
    assert [spool.select(f"SELECT count(*) FROM {table}") for table in ("records", "items")] == [[(2,)], [(0,)]]  # noqa: S608


def test_nothing_is_left_in_the_folder(spool: Spool, tmp_path: Path) -> None:
    Shelf[str, bytes](spool, held=1).update({"a": b"x" * 100_000, "b": b"y"})
    assert os.listdir(tmp_path) == []
