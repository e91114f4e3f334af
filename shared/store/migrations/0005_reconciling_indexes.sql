-- What a record of findings and the janitors look for must not be searched for in whole tables.

-- What was dismissed, which stays so while it looks the same.
create index findings_dismissed on counterfoil.findings
    (account, livemode, object_kind, object_id, type)
    where dismissed_at is not null;

-- What should have moved on by now: few at any time, whatever there was.
create index subscriptions_incomplete on stripe.subscriptions (created)
    where status = 'incomplete' and not deleted;
create index checkout_sessions_open on stripe.checkout_sessions (expires_at)
    where status = 'open' and not deleted;
create index payment_intents_processing on stripe.payment_intents (created)
    where status = 'processing' and not deleted;
