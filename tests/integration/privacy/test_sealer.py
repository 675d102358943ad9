"""Batches of sealed documents: one round trip, and an erased person is an answer, not a failure."""

from uuid import uuid4

import pytest

from libs.privacy import Erased, KeyStore, KeyUnknown, SealBroken, Sealer, ToSeal, ToUnseal, key_id_of

IDENTITY = "ClaimRegistered.identity"


def a_person() -> str:
    return f"p_{uuid4().hex}"


def an_identity(number: int = 1) -> dict[str, str]:
    return {"name": f"王小{number}", "id_number": "11010519491231002X", "phone": "13812345678"}


async def test_a_batch_is_sealed_and_opened_in_order_with_a_statement_or_two_each(
    keys: KeyStore, watched: KeyStore, statements: list[str]
) -> None:
    people = [a_person() for _ in range(100)]
    items = [ToSeal(people[i % 100], f"Event.field{i % 3}", an_identity(i)) for i in range(300)]

    sealed = await Sealer(watched).seal_many(items)
    assert len(statements) == 2, "who has a key, and keys for those who have none"
    assert len(set(sealed)) == 300
    assert len({key_id_of(text) for text in sealed}) == 100

    watched.forget(people[0])
    documents = await Sealer(watched).unseal_many(
        [ToUnseal(text, item.context) for text, item in zip(sealed, items, strict=True)]
    )
    assert documents == [item.document for item in items]
    assert len(statements) == 3


async def test_the_erased_are_told_apart_and_the_others_stay_readable(
    keys: KeyStore, watched: KeyStore
) -> None:
    erased, alive = a_person(), a_person()
    sealed = await Sealer(keys).seal_many(
        [
            (erased, IDENTITY, an_identity(1)),
            (alive, IDENTITY, an_identity(2)),
            (erased, IDENTITY, an_identity(3)),
        ]
    )
    await keys.destroy(erased)
    expected = [Erased(key_id_of(sealed[0])), an_identity(2), Erased(key_id_of(sealed[2]))]
    for store in (keys, watched):
        assert await Sealer(store).unseal_many([(text, IDENTITY) for text in sealed]) == expected


async def test_what_is_sealed_after_a_return_is_readable_and_what_was_before_is_not(keys: KeyStore) -> None:
    person, sealer = a_person(), Sealer(keys)
    (before,) = await sealer.seal_many([(person, IDENTITY, an_identity(1))])
    await keys.destroy(person)
    (after,) = await sealer.seal_many([(person, IDENTITY, an_identity(2))])
    assert await sealer.unseal_many([(before, IDENTITY), (after, IDENTITY)]) == [
        Erased(key_id_of(before)),
        an_identity(2),
    ]


async def test_a_refused_submission_without_a_person_is_sealed_under_its_own_key(keys: KeyStore) -> None:
    owner, sealer = f"r_{uuid4()}", Sealer(keys)
    (sealed,) = await sealer.seal_many([(owner, "SubmissionRefused.original", {"raw": "<xml"})])
    assert await sealer.unseal_many([(sealed, "SubmissionRefused.original")]) == [{"raw": "<xml"}]


async def test_a_seal_from_another_place_fails_the_batch(keys: KeyStore) -> None:
    sealer = Sealer(keys)
    (sealed,) = await sealer.seal_many([(a_person(), IDENTITY, an_identity())])
    with pytest.raises(SealBroken):
        await sealer.unseal_many([(sealed, "PersonEnrolled.identity")])


async def test_a_key_that_was_never_here_fails_the_batch_and_is_not_taken_for_an_erasure(
    keys: KeyStore,
) -> None:
    sealer = Sealer(keys)
    (sealed,) = await sealer.seal_many([(a_person(), IDENTITY, an_identity())])
    version, _, body = sealed.split(".")
    with pytest.raises(KeyUnknown):
        await sealer.unseal_many([(f"{version}.{uuid4().hex}.{body}", IDENTITY)])
