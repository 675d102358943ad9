-- Whose a coverage is: commands name the coverage, streams are per person.
create table coverage (
    coverage_id uuid primary key,
    person_id   text not null
);

-- Keys still to be destroyed. The row commits with PersonErased and goes with ErasureCompleted, so a crash between
-- them is completed by the next start. It names the key: a person who has come back since has another one.
create table erasure_todo (
    person_id    text        primary key,
    key_id       text        not null,
    requested_at timestamptz not null
);
