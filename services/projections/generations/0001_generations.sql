-- Each time a read model is built anew it is a generation: its tables are in a schema of their own until they are
-- switched into this one, and again when the next generation takes their place.
create table generation (
    model       text        not null,
    number      integer     not null,
    -- Of the code that filled it; 0: filled before versions were kept.
    version     integer     not null,
    schema_name text        not null unique,
    status      text        not null check (status in ('building', 'live', 'retired')),
    -- Definitions of the indexes that were dropped for the building and are made again before the switch.
    indexes     text[]      not null default '{}',
    started_at  timestamptz not null,
    switched_at timestamptz,
    primary key (model, number)
);
create unique index generation_live on generation (model) where status = 'live';
create unique index generation_building on generation (model) where status = 'building';
