-- What the bank said and we could not follow yet is looked for with each file: the words that only say that a payment is
-- known stay for ever and are not to be scanned.
create index bank_word_waiting on bank_word (position, entry) where not taken_up and what <> 'known';
