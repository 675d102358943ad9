import pytest

from libs.interop.terminology import category_name, icd10_chapter


@pytest.mark.parametrize(
    ("code", "chapter"),
    [
        *(
            ("A00", "I"),
            ("C34.900", "II"),
            ("D48.9", "II"),
            ("D50", "III"),
            ("H59.9", "VII"),
            ("H60", "VIII"),
        ),
        *(("I10.x00x002", "IX"), ("T98.3", "XIX"), ("U07.100x001", "XXII"), ("V01", "XX"), ("Z99.9", "XXI")),
    ],
)
def test_a_code_lies_in_the_chapter_of_its_category(code: str, chapter: str) -> None:
    assert icd10_chapter(code) == chapter


@pytest.mark.parametrize("code", ["", "44465007", "c34.9", "C3", "C345", "肺癌"])
def test_what_is_no_icd10_code_has_no_chapter(code: str) -> None:
    assert icd10_chapter(code) is None


def test_categories_have_chinese_names() -> None:
    assert category_name("C34.900") == "支气管和肺恶性肿瘤"
    assert category_name("44465007") is None
