"""The cache gives back what it holds, never longer than allowed, and forgets when told."""

from libs.privacy import DataKey, KeyCache, KeyCacheSettings


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def a_key(number: int) -> DataKey:
    return DataKey(f"{number:032x}", bytes(32))


def a_cache(clock: Clock | None = None, ttl_seconds: float = 600, max_keys: int = 100) -> KeyCache:
    return KeyCache(KeyCacheSettings(ttl_seconds, max_keys), clock or Clock())


def keep(cache: KeyCache, owner: str, key: DataKey) -> None:
    cache.keep([(owner, key)], cache.forgettings())


def test_a_kept_key_is_found_by_owner_and_by_id() -> None:
    cache = a_cache()
    keep(cache, "p_1", a_key(1))
    assert cache.of_owner("p_1") == a_key(1)
    assert cache.of_id(a_key(1).key_id) == a_key(1)


def test_a_key_leaves_when_its_time_is_over_even_if_it_was_used() -> None:
    clock = Clock()
    cache = a_cache(clock, ttl_seconds=600)
    keep(cache, "p_1", a_key(1))
    clock.now = 599.9
    assert cache.of_owner("p_1") == a_key(1)
    clock.now = 600
    assert cache.of_id(a_key(1).key_id) is None
    assert len(cache) == 0


def test_the_least_recently_used_key_goes_first() -> None:
    cache = a_cache(max_keys=2)
    keep(cache, "p_1", a_key(1))
    keep(cache, "p_2", a_key(2))
    assert cache.of_owner("p_1") is not None
    keep(cache, "p_3", a_key(3))
    assert (cache.of_owner("p_2"), cache.of_id(a_key(2).key_id)) == (None, None)
    assert cache.of_owner("p_1") == a_key(1)
    assert len(cache) == 2


def test_a_forgotten_owner_is_gone_by_both_ways() -> None:
    cache = a_cache()
    keep(cache, "p_1", a_key(1))
    cache.forget("p_1")
    assert (cache.of_owner("p_1"), cache.of_id(a_key(1).key_id)) == (None, None)


def test_a_key_read_before_an_erasure_is_not_kept_after_it() -> None:
    cache = a_cache()
    read_since = cache.forgettings()
    cache.forget("p_1")
    cache.keep([("p_1", a_key(1))], read_since)
    assert cache.of_owner("p_1") is None


def test_a_newer_key_of_an_owner_replaces_the_older() -> None:
    cache = a_cache()
    keep(cache, "p_1", a_key(1))
    keep(cache, "p_1", a_key(2))
    assert cache.of_owner("p_1") == a_key(2)
    assert cache.of_id(a_key(1).key_id) is None
