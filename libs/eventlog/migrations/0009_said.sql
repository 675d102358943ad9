-- The versions of events that the code which has worked on this log says: older code looks here before it goes on.
create table said (
    type text not null,
    version integer not null,
    primary key (type, version)
);
