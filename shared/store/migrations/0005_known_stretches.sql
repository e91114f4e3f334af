-- Where a full pass had its pages end, and what it saw there. A page that is byte for byte as it was
-- when it said the same as our rows, beside rows that are as they were then, says the same again.
create table counterfoil.stretches (
    account text not null,
    livemode boolean not null,
    kind text not null,
    -- Seconds since 1970; no two stretches of a kind share one.
    made_from bigint not null,
    made_to bigint not null,
    objects integer not null,
    -- Of the page and of our rows, where they were found equal. Null where they were not.
    there bytea,
    here numeric,
    -- Of our rows when a pass last counted them, and up to which second it did.
    counted numeric,
    counted_to bigint,
    -- By which release, and with which columns, they were found so: another may read the same bytes
    -- otherwise.
    reading text not null,
    primary key (account, livemode, kind, made_from),
    check ((there is null) = (here is null))
);

comment on table counterfoil.stretches is 'What a full pass saw of each part of Stripe''s lists';
