-- Referrals as charities list them; follows the log in the same transaction. Holds a pseudonym and amounts, no more.
create table referral (
    number               bigint generated always as identity primary key,
    referral_id          text        not null unique,
    programme_id         text        not null,
    person_id            text        not null,
    claim_id             text        not null,
    year                 integer     not null,
    remaining_burden_fen bigint      not null,
    suggested_aid_fen    bigint      not null,
    referred_at          timestamptz not null
);
create index referral_of_programme on referral (programme_id, number);
create index referral_of_person on referral (person_id);
