-- What the reconciler remembers: its runs and where they are, what it looks at more closely, what
-- it found, and what was done about it.

-- One run of a job. A run that was killed is gone on with, from where it was.
create table counterfoil.runs (
    id bigint generated always as identity primary key,
    job text not null,
    account text not null,
    livemode boolean not null,
    dry_run boolean not null,
    state text not null check (state in ('running', 'completed', 'failed', 'braked')),
    phase text not null,
    -- How often another process went on with it; what a process wrote before that no longer counts.
    takeovers integer not null default 0,
    started_at timestamptz not null,
    ended_at timestamptz,
    cause text,
    -- What was done, by name; added up in the transaction of what it counts.
    tally jsonb not null default '{}'
);

comment on table counterfoil.runs is 'The runs of the reconciler''s jobs';

-- The last runs of a job, and the one to go on with.
create index runs_job on counterfoil.runs (job, account, livemode, id desc);

-- A part of a list that a run walks through; what is not yet compared.
create table counterfoil.walks (
    run bigint not null references counterfoil.runs on delete cascade,
    kind text not null,
    part integer not null,
    -- Seconds since 1970.
    made_from bigint not null,
    made_to bigint not null,
    -- The id behind which the list goes on.
    behind text,
    done boolean not null default false,
    pages bigint not null default 0,
    objects bigint not null default 0,
    -- Shown objects that are held.
    known bigint not null default 0,
    primary key (run, kind, part)
);

comment on table counterfoil.walks is 'How far a run has come through Stripe''s lists';

-- Objects that a run looks at more closely. They go with its end.
create table counterfoil.suspects (
    run bigint not null references counterfoil.runs on delete cascade,
    kind text not null,
    id text not null,
    suspicion text not null check (suspicion in ('shown', 'cut', 'unseen')),
    -- What Stripe showed, and in which second; null while it is still to be asked. A body that is
    -- null where the second is not says that the object is gone.
    shown_at timestamptz,
    codec text,
    key_id text,
    body bytea,
    -- What it turned out to be.
    verdict text check (verdict in ('explained', 'ordinary', 'drift', 'unreadable')),
    reason text,
    type text,
    severity text,
    differences jsonb,
    primary key (run, kind, id)
);

comment on table counterfoil.suspects is 'Objects that a run of the reconciler looks at more closely';

-- What a run has still to ask, to weigh and to mend.
create index suspects_open on counterfoil.suspects (run, verdict, kind, id);

-- A difference between the halves, from its first sight to its end.
create table counterfoil.findings (
    id bigint generated always as identity primary key,
    type text not null,
    severity text not null check (severity in ('info', 'warning', 'critical')),
    account text not null,
    livemode boolean not null,
    object_kind text not null,
    object_id text not null,
    -- Column by column what was held and what Stripe shows; personal values are never in it.
    differences jsonb not null,
    first_seen timestamptz not null,
    last_seen timestamptz not null,
    times_seen integer not null default 1,
    -- The run that saw it last.
    run bigint,
    corrected_at timestamptz,
    corrected_by text,
    dismissed_at timestamptz,
    dismissed_by text,
    dismissed_because text
);

comment on table counterfoil.findings is 'Differences between Stripe''s half and ours';

-- An open difference stands once, however often it is seen.
create unique index findings_open on counterfoil.findings
    (account, livemode, object_kind, object_id, type)
    where corrected_at is null and dismissed_at is null;
-- What was dismissed stays so while it looks the same.
create index findings_dismissed on counterfoil.findings
    (account, livemode, object_kind, object_id, type)
    where dismissed_at is not null;
-- The list, newest first.
create index findings_last_seen on counterfoil.findings (last_seen);
-- What one run saw, for its report.
create index findings_run on counterfoil.findings (run);

-- Who did what, and what it was before and after. Only ever added to.
create table counterfoil.audit (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    -- A person by name, or the run of a job.
    actor text not null,
    action text not null,
    account text not null,
    livemode boolean not null,
    object_kind text not null,
    object_id text not null,
    finding bigint,
    differences jsonb not null default '{}',
    reason text
);

comment on table counterfoil.audit is 'Who changed what, and why; only ever added to';

-- What was done about a finding.
create index audit_finding on counterfoil.audit (finding) where finding is not null;

create function counterfoil.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'counterfoil.audit is only ever added to';
end
$$;

create trigger audit_is_only_added_to before update or delete on counterfoil.audit
    for each row execute function counterfoil.refuse_change();

-- Up to which second Stripe's list of events was compared with the inbox, by form of event.
create table counterfoil.event_cursors (
    account text not null,
    livemode boolean not null,
    form text not null check (form in ('snapshot', 'thin')),
    compared_until timestamptz not null,
    primary key (account, livemode, form)
);

comment on table counterfoil.event_cursors is 'How far Stripe''s list of events was compared with the inbox';
