-- What asking Stripe, judging again, encrypting and erasing need to be remembered.

-- Which kind of object an event is about, and what its sighting replaced in the mirror.
alter table counterfoil.inbox add column object_kind text;
alter table counterfoil.inbox add column replaced_event text;
alter table counterfoil.inbox add column replaced_at timestamptz;

-- Open events from before the column was there; closed ones are never looked for by it.
update counterfoil.inbox
set object_kind = case
    when type like 'customer.subscription.%' then 'subscription'
    else regexp_replace(type, '\.[^.]*$', '')
end
where outcome = 'refetching' and object_kind is null;

-- What was tried with an event beyond its first judgement, which stands in the inbox itself.
create table counterfoil.attempts (
    event_id text not null,
    account text not null,
    livemode boolean not null,
    at timestamptz not null,
    cause text not null check (cause in ('asked', 'replayed')),
    outcome text not null,
    reason text
);

comment on table counterfoil.attempts is 'What was tried with an event after its first judgement';

-- The attempts of one event, in order, for `inbox show`.
create index attempts_event on counterfoil.attempts (event_id, account, livemode, at);

-- The key a body is encrypted with; null where it is not.
alter table counterfoil.payloads add column key_id text;

-- How many calls to Stripe may still be made, shared by all processes: a bucket for each account
-- and mode, in thousandths of a call so that it fills evenly.
create table counterfoil.request_budget (
    account text not null,
    livemode boolean not null,
    millicalls bigint not null,
    filled_at timestamptz not null,
    paused_until timestamptz,
    spent bigint not null default 0,
    primary key (account, livemode)
);

comment on table counterfoil.request_budget is 'Calls to Stripe that may be made now';

-- Objects that some process is asking Stripe for, so that no other asks for them too.
create table counterfoil.questions (
    kind text not null,
    id text not null,
    account text not null,
    livemode boolean not null,
    asked_until timestamptz not null,
    primary key (kind, id, account, livemode)
);

comment on table counterfoil.questions is 'Objects that Stripe is being asked for right now';

-- Questions whose asker was killed, for their removal.
create index questions_asked_until on counterfoil.questions (asked_until);

-- Customers whose personal data was erased, and must not come back with a later sighting.
create table counterfoil.erased (
    customer text not null,
    account text not null,
    livemode boolean not null,
    erased_at timestamptz not null,
    primary key (customer, account, livemode)
);

comment on table counterfoil.erased is 'Customers whose personal data was erased for good';
