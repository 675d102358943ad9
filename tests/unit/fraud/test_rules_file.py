"""The rules file: what it must say, and how a faulty one is refused."""

import hashlib
from pathlib import Path

import pytest

from services.fraud.adapters.rules_file import FIRST_TEN, read_rules
from services.fraud.errors import RulesFileUnusable


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = FIRST_TEN.read_text()
    assert old in text
    path = tmp_path / "rules.yaml"
    path.write_text(text.replace(old, new, 1))
    return path


def test_scores_cite_the_digest_of_the_files_bytes() -> None:
    assert read_rules().digest == hashlib.sha256(FIRST_TEN.read_bytes()).hexdigest()


def test_every_rule_says_where_it_comes_from_in_both_languages() -> None:
    for rule in read_rules().rules:
        assert rule.source
        assert rule.wording.zh
        assert rule.wording.en


def test_a_changed_weight_changes_score_and_digest(tmp_path: Path) -> None:
    rules = read_rules(changed(tmp_path, "weight: 700", "weight: 650"))
    assert rules.rules[0].weight == 650
    assert rules.digest != read_rules().digest


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("min_overlap_days: 1", "min_overlap: 1", "min_overlap_days"),
        ("min_overlap_days: 1", "min_overlap_days: 0", "greater than or equal to 1"),
        ("predicate: hanging_bed", "predicate: hanging", "predicate"),
        ("- id: split_stay", "- id: overlapping_stays", "occur twice"),
        ("weight: 1000", "weight: 1001", "weight"),
        ("{overlap_days} 天", "{age_years} 岁", "cannot say age_years"),
        ("{overlap_days} 天", "{overlap} 天", "cannot say overlap"),
        ("threshold: 600", "threshold: 600\nthresold: 500", "thresold"),
        ("female_only_words: [", "female_only_word: [", "female_only_word"),
        ("id: first_ten", "id: [", "while parsing"),
    ],
)
def test_a_faulty_file_is_refused_with_the_place_of_the_fault(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    with pytest.raises(RulesFileUnusable, match=complaint):
        read_rules(changed(tmp_path, old, new))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulesFileUnusable, match="No such file"):
        read_rules(tmp_path / "rules.yaml")
