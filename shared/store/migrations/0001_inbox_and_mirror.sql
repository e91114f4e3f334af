-- The inbox, the payloads, and the mirror of Stripe's objects.
--
-- `counterfoil` is ours. `stripe` is for the host to join against: tables and columns are named as
-- Stripe names them, money is in minor units beside its currency, and every row says whose it is
-- (account, livemode), when it was last sighted, and whether the object is deleted.

-- The migrator has made it for its own record.
create schema if not exists counterfoil;
create schema stripe;

comment on schema counterfoil is 'Counterfoil''s own tables';
comment on schema stripe is 'The mirror: Stripe''s objects as last sighted; read it, never write it';

-- What became of every event, kept for ever.
create table counterfoil.inbox (
    event_id text not null,
    account text not null,
    livemode boolean not null,
    -- The endpoint the event first came through.
    endpoint text not null,
    type text not null,
    api_version text,
    object_id text,
    customer text,
    created timestamptz not null,
    received_at timestamptz not null,
    settled_at timestamptz not null,
    outcome text not null check (
        outcome in ('applied', 'superseded', 'duplicate', 'ignored', 'refetching', 'parked')
    ),
    reason text,
    -- Copies beyond the first.
    repeats integer not null default 0,
    replayed_at timestamptz,
    primary key (event_id, account, livemode)
);

comment on table counterfoil.inbox is 'Every event and what became of it';

-- The list, newest first, and deletion of nothing: the inbox only grows at this end.
create index inbox_received_at on counterfoil.inbox (received_at);
-- Lists and replays by type and by customer, over a span of time.
create index inbox_type on counterfoil.inbox (type, received_at);
create index inbox_customer on counterfoil.inbox (customer, received_at) where customer is not null;
-- The events of one object in one second, which settle each other's order.
create index inbox_object on counterfoil.inbox (object_id, created) where object_id is not null;
-- What waits for Stripe's answer or for a person: few, and looked at often.
create index inbox_open on counterfoil.inbox (outcome, received_at)
    where outcome in ('refetching', 'parked');

-- The bytes as received, compressed. Kept apart, so that the inbox stays small and old payloads go
-- by dropping a partition. The partition follows from the event's own time, so a repeat always
-- meets its first copy.
create table counterfoil.payloads (
    event_id text not null,
    account text not null,
    livemode boolean not null,
    created timestamptz not null,
    codec text not null check (codec in ('plain', 'lz4')),
    body bytea not null,
    primary key (event_id, account, livemode, created)
) partition by range (created);

comment on table counterfoil.payloads is 'The bytes of each event as received, until retention ends';

-- What is older or newer than the partitions made so far.
create table counterfoil.payloads_other partition of counterfoil.payloads default;
-- The body is compressed before it comes here.
alter table counterfoil.payloads_other alter column body set storage external;
-- What retention deletes here, and whether a week's partition can still be made.
create index payloads_other_created on counterfoil.payloads_other (created);

create table stripe.customers (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    email text,
    name text,
    phone text,
    address jsonb,
    description text,
    balance bigint,
    currency text,
    delinquent boolean,
    default_source text,
    invoice_prefix text,
    invoice_settings_default_payment_method text,
    tax_exempt text,
    test_clock text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);

create table stripe.products (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    updated timestamptz,
    active boolean,
    name text,
    description text,
    default_price text,
    unit_label text,
    tax_code text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);

create table stripe.prices (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    active boolean,
    product text,
    currency text,
    type text,
    billing_scheme text,
    unit_amount bigint,
    unit_amount_decimal numeric,
    recurring_interval text,
    recurring_interval_count bigint,
    recurring_usage_type text,
    recurring_meter text,
    tiers_mode text,
    lookup_key text,
    nickname text,
    tax_behavior text,
    transform_quantity_divide_by bigint,
    transform_quantity_round text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);

create table stripe.subscriptions (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    customer text,
    status text,
    currency text,
    collection_method text,
    current_period_start timestamptz,
    current_period_end timestamptz,
    start_date timestamptz,
    billing_cycle_anchor timestamptz,
    trial_start timestamptz,
    trial_end timestamptz,
    cancel_at timestamptz,
    cancel_at_period_end boolean,
    canceled_at timestamptz,
    cancellation_details_reason text,
    ended_at timestamptz,
    days_until_due bigint,
    default_payment_method text,
    latest_invoice text,
    pause_collection_behavior text,
    pause_collection_resumes_at timestamptz,
    schedule text,
    billing_mode_type text,
    test_clock text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- The host's first join: what does this customer subscribe to?
create index subscriptions_customer on stripe.subscriptions (customer);

create table stripe.subscription_items (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    subscription text not null,
    created timestamptz,
    price text,
    product text,
    quantity bigint,
    current_period_start timestamptz,
    current_period_end timestamptz,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- Which items a subscription had, to flag those that are gone.
create index subscription_items_subscription on stripe.subscription_items (subscription);

create table stripe.invoices (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    customer text,
    subscription text,
    status text,
    billing_reason text,
    collection_method text,
    currency text,
    number text,
    amount_due bigint,
    amount_paid bigint,
    amount_remaining bigint,
    subtotal bigint,
    total bigint,
    starting_balance bigint,
    ending_balance bigint,
    attempt_count bigint,
    attempted boolean,
    auto_advance boolean,
    next_payment_attempt timestamptz,
    due_date timestamptz,
    period_start timestamptz,
    period_end timestamptz,
    status_transitions_finalized_at timestamptz,
    status_transitions_paid_at timestamptz,
    status_transitions_voided_at timestamptz,
    status_transitions_marked_uncollectible_at timestamptz,
    default_payment_method text,
    hosted_invoice_url text,
    invoice_pdf text,
    test_clock text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- The host's joins: a customer's and a subscription's invoices, newest first.
create index invoices_customer on stripe.invoices (customer, created);
create index invoices_subscription on stripe.invoices (subscription, created)
    where subscription is not null;

create table stripe.invoice_lines (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    invoice text not null,
    amount bigint,
    currency text,
    description text,
    quantity bigint,
    price text,
    product text,
    unit_amount_decimal numeric,
    subscription text,
    subscription_item text,
    invoice_item text,
    proration boolean,
    period_start timestamptz,
    period_end timestamptz,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- Which lines an invoice had, to flag those that are gone.
create index invoice_lines_invoice on stripe.invoice_lines (invoice);

-- Personal data is marked where it lies. A test holds every text and jsonb column of the mirror to
-- being either marked here or listed as not personal.
comment on column stripe.customers.email is 'personal';
comment on column stripe.customers.name is 'personal';
comment on column stripe.customers.phone is 'personal';
comment on column stripe.customers.address is 'personal';
comment on column stripe.customers.description is 'personal: may hold anything its author wrote';
comment on column stripe.customers.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.subscriptions.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.subscription_items.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.invoices.hosted_invoice_url is 'personal: opens the invoice, which names its customer';
comment on column stripe.invoices.invoice_pdf is 'personal: opens the invoice, which names its customer';
comment on column stripe.invoices.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.invoice_lines.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.invoice_lines.description is 'personal: may hold anything its author wrote';
comment on column counterfoil.payloads.body is 'personal: the whole body, until retention ends';

-- Makes the weekly partitions from the oldest kept to five weeks ahead, and drops those whose end
-- lies before retention. A week that already has rows in the default partition stays there, since
-- moving them would lock the table; they are deleted by their age.
create function counterfoil.keep_payloads(
    at timestamptz, keep_days integer,
    out made bigint, out dropped bigint, out deleted bigint
)
language plpgsql
as $$
declare
    oldest timestamptz := at - make_interval(days => keep_days);
    week timestamptz;
    name text;
    old record;
begin
    made := 0;
    dropped := 0;
    -- One at a time: two that make the same partition would stop each other.
    perform pg_advisory_xact_lock(hashtext('counterfoil.keep_payloads'));
    week := date_trunc('week', oldest at time zone 'UTC') at time zone 'UTC';
    while week < at + interval '5 weeks' loop
        name := 'payloads_' || to_char(week at time zone 'UTC', 'YYYYMMDD');
        if to_regclass('counterfoil.' || name) is null and not exists (
            select 1 from counterfoil.payloads_other
            where created >= week and created < week + interval '7 days'
        ) then
            execute format(
                'create table counterfoil.%I partition of counterfoil.payloads '
                'for values from (%L) to (%L)',
                name, week, week + interval '7 days'
            );
            execute format(
                'alter table counterfoil.%I alter column body set storage external', name
            );
            made := made + 1;
        end if;
        week := week + interval '7 days';
    end loop;
    for old in
        select child.relname
        from pg_inherits
        join pg_class as child on child.oid = pg_inherits.inhrelid
        where pg_inherits.inhparent = 'counterfoil.payloads'::regclass
            and child.relname ~ '^payloads_[0-9]{8}$'
            and (to_date(right(child.relname, 8), 'YYYYMMDD')::timestamp at time zone 'UTC')
                + interval '7 days' <= oldest
    loop
        execute format('drop table counterfoil.%I', old.relname);
        dropped := dropped + 1;
    end loop;
    -- Its age counts from when it came, so that an old event sent again stays for its time.
    delete from counterfoil.payloads_other as payload
    using counterfoil.inbox
    where payload.created < oldest
        and inbox.event_id = payload.event_id
        and inbox.account = payload.account
        and inbox.livemode = payload.livemode
        and inbox.received_at < oldest;
    get diagnostics deleted = row_count;
end
$$;
