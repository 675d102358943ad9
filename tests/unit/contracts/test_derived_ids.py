"""An id that is derived is a UUID of version 5, whoever derives it."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.derived_ids import derived_id


@given(st.uuids(), st.text())
def test_a_derived_id_is_what_the_standard_library_derives(namespace: UUID, name: str) -> None:
    assert derived_id(namespace.bytes, name) == str(uuid5(namespace, name))
