-- Bodies above 2 kB were compressed (pglz): a third of what recording them cost the database, and each is recorded once
-- and read soon. Up to nearly a page they now stay as they are, for half as much room again.
alter table event set (toast_tuple_target = 8160);
