"""Branches of a chat as a tree (Glow 6.3.4): leaves, forks, and which branch a message stands for."""

from parlour.conversations import branches, tree
from parlour.conversations.entities import Message
from parlour.kernel.ids import ChatId, MessageId


def message(number: int, parent: int | None) -> Message:
    """A message whose id is its number."""
    return Message(
        id=MessageId(str(number)),
        chat_id=ChatId("chat"),
        type="query" if number % 2 else "response",
        parent_id=None if parent is None else MessageId(str(parent)),
        number=number,
        content=f"Message {number}",
        persona_id=None,
        state="complete",
        created_at=number,
        completed_at=number,
    )


# 1-2-3-4, 2-5-6-9-10, and 7-8 beside the first message.
PARENTS = {1: None, 2: 1, 3: 2, 4: 3, 5: 2, 6: 5, 7: None, 8: 7, 9: 6, 10: 9}
MESSAGES = [message(number, parent) for number, parent in PARENTS.items()]


def ids(found: list[Message]) -> list[str]:
    return [each.id for each in found]


def test_every_message_stands_for_the_branch_to_its_newest_leaf() -> None:
    assert ids(tree.leaves(MESSAGES)) == ["4", "8", "10"]
    found = {key: leaf.id for key, leaf in tree.leaf_by_message(MESSAGES).items()}
    assert found == {
        **dict.fromkeys(("1", "2", "5", "6", "9", "10"), "10"),
        **dict.fromkeys(("3", "4"), "4"),
        **dict.fromkeys(("7", "8"), "8"),
    }
    assert tree.leaf_by_message([]) == {}


def test_a_branch_has_of_its_own_what_comes_behind_the_last_fork() -> None:
    assert ids(tree.own_part(MESSAGES, MessageId("4"))) == ["3", "4"]
    assert ids(tree.own_part(MESSAGES, MessageId("10"))) == ["5", "6", "9", "10"]
    assert ids(tree.own_part(MESSAGES, MessageId("8"))) == ["7", "8"]
    assert ids(tree.own_part(MESSAGES[:4], MessageId("4"))) == ["1", "2", "3", "4"]


def test_two_paths_share_what_is_before_their_fork() -> None:
    paths = {leaf: tree.path_to(MESSAGES, MessageId(leaf)) for leaf in ("4", "8", "10")}
    assert tree.shared(paths["4"], paths["10"]) == 2
    assert tree.shared(paths["4"], paths["8"]) == 0
    assert tree.shared(paths["4"], paths["4"]) == 4
    assert tree.shared(paths["4"][:3], paths["4"]) == 3


def test_a_name_goes_on_with_its_branch_and_the_nearest_to_the_leaf_holds() -> None:
    labels = {MessageId("2"): "old", MessageId("6"): "new", MessageId("4"): "side"}
    assert branches.labels_by_leaf(MESSAGES, labels) == {"10": "new", "4": "side"}
    assert branches.labels_by_leaf(MESSAGES[:4], {MessageId("2"): "old"}) == {"4": "old"}
    assert branches.labels_by_leaf(MESSAGES, {}) == {}
