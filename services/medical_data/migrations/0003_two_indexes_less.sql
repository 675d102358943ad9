-- A look-up lives for a second and is written three times: each index cost it more than the question is worth that it
-- served. Who asked knows the claims; the erased are looked for among the few that wait.
drop index lookup_leased;
drop index lookup_of_person;
