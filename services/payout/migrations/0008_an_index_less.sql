-- Balances are summed over all postings, which no index by account spares: it was four entries a claim that nobody read.
drop index posting_of_account;
