-- What a stream's events have been folded to, for services that keep such. Nothing depends on a row: whoever finds none, or
-- one of another fold, folds from the first event. `hash` is the chain hash of the event at that version.
-- fold_version 0: an event of the stream was amended; it is folded from its first event for good.
create table snapshot (
    stream_id    text    primary key,
    version      integer not null,
    fold_version integer not null,
    hash         bytea   not null,
    state        bytea   not null,
    digest       bytea   not null,
    check (fold_version > 0 or (fold_version = 0 and state = ''))
);
