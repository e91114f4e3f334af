-- The mirror of every other kind of object, and columns that the first ones lacked.
--
-- Nothing that is there is changed: what the last release reads and writes stays as it is, and what
-- it does not know is null until the next sighting fills it.

alter table stripe.customers
    add column shipping jsonb,
    add column individual_name text,
    add column business_name text;

create table stripe.tax_ids (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    customer text,
    owner_type text,
    country text,
    type text,
    value text,
    verification_status text,
    verification_verified_name text,
    verification_verified_address text,
    primary key (id, account, livemode)
);
-- A customer's tax ids.
create index tax_ids_customer on stripe.tax_ids (customer);

alter table stripe.products
    add column marketing_features jsonb,
    add column images jsonb,
    add column url text,
    add column statement_descriptor text;

alter table stripe.prices
    add column recurring_trial_period_days bigint;

create table stripe.coupons (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    name text,
    amount_off bigint,
    currency text,
    percent_off numeric,
    duration text,
    duration_in_months bigint,
    max_redemptions bigint,
    times_redeemed bigint,
    redeem_by timestamptz,
    valid boolean,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);

create table stripe.promotion_codes (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    customer text,
    coupon text,
    code text,
    active boolean,
    expires_at timestamptz,
    max_redemptions bigint,
    times_redeemed bigint,
    restrictions_first_time_transaction boolean,
    restrictions_minimum_amount bigint,
    restrictions_minimum_amount_currency text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- The codes of a coupon, and those that are for one customer.
create index promotion_codes_coupon on stripe.promotion_codes (coupon);
create index promotion_codes_customer on stripe.promotion_codes (customer)
    where customer is not null;

create table stripe.discounts (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    customer text,
    coupon text,
    promotion_code text,
    subscription text,
    subscription_item text,
    invoice text,
    invoice_item text,
    checkout_session text,
    starts_at timestamptz,
    ends_at timestamptz,
    primary key (id, account, livemode)
);
-- What a customer, and what a subscription, gets off.
create index discounts_customer on stripe.discounts (customer);
create index discounts_subscription on stripe.discounts (subscription)
    where subscription is not null;

alter table stripe.subscriptions
    add column status_details_paused_type text,
    add column trial_settings_end_behavior_missing_payment_method text,
    add column cancellation_details_feedback text,
    add column cancellation_details_comment text,
    add column discounts jsonb,
    add column next_pending_invoice_item_invoice timestamptz,
    add column pending_update_expires_at timestamptz,
    add column pending_update_subscription_items jsonb,
    add column pending_setup_intent text,
    add column application_fee_percent numeric,
    add column description text;

alter table stripe.subscription_items
    add column discounts jsonb;

create table stripe.subscription_schedules (
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
    released_subscription text,
    status text,
    end_behavior text,
    current_phase_start_date timestamptz,
    current_phase_end_date timestamptz,
    canceled_at timestamptz,
    completed_at timestamptz,
    released_at timestamptz,
    billing_mode_type text,
    default_settings_collection_method text,
    default_settings_default_payment_method text,
    default_settings_description text,
    default_settings_invoice_settings_days_until_due bigint,
    phases jsonb,
    pause_schedules jsonb,
    test_clock text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- What a customer, and what a subscription, is scheduled for.
create index subscription_schedules_customer on stripe.subscription_schedules (customer);
create index subscription_schedules_subscription on stripe.subscription_schedules (subscription)
    where subscription is not null;

alter table stripe.invoices
    add column quote text,
    add column status_details_uncollectible_reason text,
    add column amount_overpaid bigint,
    add column amount_paid_off_stripe bigint,
    add column amount_shipping bigint,
    add column subtotal_excluding_tax bigint,
    add column total_excluding_tax bigint,
    add column tax bigint,
    add column total_discount_amounts jsonb,
    add column total_pretax_credit_amounts jsonb,
    add column discounts jsonb,
    add column pre_payment_credit_notes_amount bigint,
    add column post_payment_credit_notes_amount bigint,
    add column automatically_finalizes_at timestamptz,
    add column automatic_tax_status text,
    add column last_finalization_error_code text,
    add column effective_at timestamptz,
    add column from_invoice_invoice text,
    add column from_invoice_action text,
    add column latest_revision text,
    add column default_source text,
    add column receipt_number text,
    add column customer_email text,
    add column customer_name text,
    add column customer_address jsonb,
    add column customer_tax_exempt text,
    add column description text,
    add column footer text,
    add column statement_descriptor text;

alter table stripe.invoice_lines
    add column subtotal bigint,
    add column tax bigint,
    add column discount_amounts jsonb,
    add column pretax_credit_amounts jsonb,
    add column discounts jsonb,
    add column discountable boolean,
    add column quantity_decimal numeric;

create table stripe.invoice_items (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    date timestamptz,
    customer text,
    invoice text,
    subscription text,
    subscription_item text,
    amount bigint,
    net_amount bigint,
    currency text,
    description text,
    discountable boolean,
    discounts jsonb,
    price text,
    product text,
    unit_amount_decimal numeric,
    quantity bigint,
    quantity_decimal numeric,
    proration boolean,
    period_start timestamptz,
    period_end timestamptz,
    test_clock text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- What waits for a customer's next invoice, and what went into one.
create index invoice_items_customer on stripe.invoice_items (customer);
create index invoice_items_invoice on stripe.invoice_items (invoice) where invoice is not null;

create table stripe.invoice_payments (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    invoice text,
    status text,
    is_default boolean,
    amount_requested bigint,
    amount_paid bigint,
    currency text,
    payment_type text,
    payment_payment_intent text,
    payment_charge text,
    payment_payment_record text,
    status_transitions_paid_at timestamptz,
    status_transitions_canceled_at timestamptz,
    primary key (id, account, livemode)
);
-- From an invoice to its payments, and back.
create index invoice_payments_invoice on stripe.invoice_payments (invoice);
create index invoice_payments_payment_intent on stripe.invoice_payments (payment_payment_intent)
    where payment_payment_intent is not null;
create index invoice_payments_charge on stripe.invoice_payments (payment_charge)
    where payment_charge is not null;

create table stripe.credit_notes (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    customer text,
    invoice text,
    number text,
    status text,
    type text,
    reason text,
    currency text,
    amount bigint,
    amount_shipping bigint,
    discount_amount bigint,
    subtotal bigint,
    subtotal_excluding_tax bigint,
    total bigint,
    total_excluding_tax bigint,
    tax bigint,
    pre_payment_amount bigint,
    post_payment_amount bigint,
    out_of_band_amount bigint,
    customer_balance_transaction text,
    refunds jsonb,
    effective_at timestamptz,
    voided_at timestamptz,
    memo text,
    pdf text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- The credit notes of a customer and of an invoice.
create index credit_notes_customer on stripe.credit_notes (customer, created);
create index credit_notes_invoice on stripe.credit_notes (invoice);

create table stripe.credit_note_lines (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    credit_note text not null,
    type text,
    invoice_line_item text,
    description text,
    amount bigint,
    discount_amount bigint,
    tax bigint,
    quantity bigint,
    unit_amount bigint,
    unit_amount_decimal numeric,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- Which lines a credit note had, to flag those that are gone.
create index credit_note_lines_credit_note on stripe.credit_note_lines (credit_note);
-- From a line of an invoice to what was credited of it.
create index credit_note_lines_invoice_line_item on stripe.credit_note_lines (invoice_line_item)
    where invoice_line_item is not null;

create table stripe.payment_intents (
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
    amount bigint,
    amount_capturable bigint,
    amount_received bigint,
    application_fee_amount bigint,
    latest_charge text,
    payment_method text,
    payment_method_types jsonb,
    capture_method text,
    confirmation_method text,
    setup_future_usage text,
    canceled_at timestamptz,
    cancellation_reason text,
    next_action_type text,
    last_payment_error_type text,
    last_payment_error_code text,
    last_payment_error_decline_code text,
    last_payment_error_network_decline_code text,
    last_payment_error_advice_code text,
    last_payment_error_message text,
    last_payment_error_charge text,
    last_payment_error_payment_method text,
    review text,
    on_behalf_of text,
    transfer_data_destination text,
    transfer_group text,
    description text,
    receipt_email text,
    shipping jsonb,
    statement_descriptor text,
    statement_descriptor_suffix text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- A customer's payments, newest first.
create index payment_intents_customer on stripe.payment_intents (customer, created)
    where customer is not null;

create table stripe.setup_intents (
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
    usage text,
    payment_method text,
    payment_method_types jsonb,
    latest_attempt text,
    mandate text,
    single_use_mandate text,
    cancellation_reason text,
    next_action_type text,
    last_setup_error_type text,
    last_setup_error_code text,
    last_setup_error_decline_code text,
    last_setup_error_network_decline_code text,
    last_setup_error_advice_code text,
    last_setup_error_message text,
    last_setup_error_payment_method text,
    on_behalf_of text,
    description text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- A customer's setups.
create index setup_intents_customer on stripe.setup_intents (customer) where customer is not null;

create table stripe.charges (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    customer text,
    payment_intent text,
    status text,
    currency text,
    amount bigint,
    amount_captured bigint,
    amount_refunded bigint,
    captured boolean,
    paid boolean,
    refunded boolean,
    disputed boolean,
    balance_transaction text,
    failure_balance_transaction text,
    failure_code text,
    failure_message text,
    outcome_type text,
    outcome_reason text,
    outcome_network_status text,
    outcome_network_decline_code text,
    outcome_advice_code text,
    outcome_risk_level text,
    outcome_risk_score bigint,
    outcome_rule text,
    outcome_seller_message text,
    fraud_details_stripe_report text,
    fraud_details_user_report text,
    review text,
    payment_method text,
    payment_method_details_type text,
    payment_method_details_card_brand text,
    payment_method_details_card_last4 text,
    payment_method_details_card_exp_month bigint,
    payment_method_details_card_exp_year bigint,
    payment_method_details_card_three_d_secure_result text,
    billing_details_email text,
    billing_details_name text,
    billing_details_phone text,
    billing_details_address jsonb,
    application_fee text,
    application_fee_amount bigint,
    on_behalf_of text,
    source_transfer text,
    transfer text,
    transfer_group text,
    description text,
    receipt_email text,
    receipt_number text,
    receipt_url text,
    shipping jsonb,
    calculated_statement_descriptor text,
    statement_descriptor text,
    statement_descriptor_suffix text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- A customer's charges, newest first, and those of a payment.
create index charges_customer on stripe.charges (customer, created) where customer is not null;
create index charges_payment_intent on stripe.charges (payment_intent)
    where payment_intent is not null;

create table stripe.refunds (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    customer text,
    charge text,
    payment_intent text,
    payment_method text,
    status text,
    currency text,
    amount bigint,
    reason text,
    pending_reason text,
    failure_reason text,
    balance_transaction text,
    failure_balance_transaction text,
    receipt_number text,
    destination_details_type text,
    destination_details_card_reference text,
    destination_details_card_reference_status text,
    destination_details_card_reference_type text,
    source_transfer_reversal text,
    transfer_reversal text,
    description text,
    instructions_email text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- From a charge or a payment to its refunds.
create index refunds_charge on stripe.refunds (charge) where charge is not null;
create index refunds_payment_intent on stripe.refunds (payment_intent)
    where payment_intent is not null;

create table stripe.disputes (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    charge text,
    payment_intent text,
    status text,
    reason text,
    network_reason_code text,
    currency text,
    amount bigint,
    is_charge_refundable boolean,
    balance_transactions jsonb,
    evidence_details_due_by timestamptz,
    evidence_details_has_evidence boolean,
    evidence_details_past_due boolean,
    evidence_details_submission_count bigint,
    payment_method_details_type text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- From a charge or a payment to its disputes.
create index disputes_charge on stripe.disputes (charge);
create index disputes_payment_intent on stripe.disputes (payment_intent)
    where payment_intent is not null;

create table stripe.early_fraud_warnings (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    charge text,
    payment_intent text,
    fraud_type text,
    actionable boolean,
    primary key (id, account, livemode)
);
-- From a charge to its warnings.
create index early_fraud_warnings_charge on stripe.early_fraud_warnings (charge);

create table stripe.reviews (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    charge text,
    payment_intent text,
    open boolean,
    reason text,
    opened_reason text,
    closed_reason text,
    billing_zip text,
    ip_address text,
    primary key (id, account, livemode)
);
-- From a charge or a payment to its review.
create index reviews_charge on stripe.reviews (charge) where charge is not null;
create index reviews_payment_intent on stripe.reviews (payment_intent)
    where payment_intent is not null;

create table stripe.payment_methods (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    customer text,
    type text,
    allow_redisplay text,
    card_brand text,
    card_last4 text,
    card_exp_month bigint,
    card_exp_year bigint,
    acss_debit_last4 text,
    au_becs_debit_last4 text,
    bacs_debit_last4 text,
    sepa_debit_last4 text,
    us_bank_account_last4 text,
    us_bank_account_bank_name text,
    billing_details_email text,
    billing_details_name text,
    billing_details_phone text,
    billing_details_address jsonb,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- A customer's payment methods.
create index payment_methods_customer on stripe.payment_methods (customer)
    where customer is not null;

create table stripe.checkout_sessions (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    customer text,
    mode text,
    status text,
    payment_status text,
    ui_mode text,
    client_reference_id text,
    subscription text,
    invoice text,
    payment_intent text,
    setup_intent text,
    payment_link text,
    currency text,
    amount_subtotal bigint,
    amount_total bigint,
    total_details_amount_discount bigint,
    total_details_amount_shipping bigint,
    total_details_amount_tax bigint,
    automatic_tax_status text,
    allow_promotion_codes boolean,
    discount_coupon text,
    discount_promotion_code text,
    payment_method_types jsonb,
    payment_method_collection text,
    customer_creation text,
    customer_email text,
    customer_details_email text,
    customer_details_name text,
    customer_details_individual_name text,
    customer_details_business_name text,
    customer_details_phone text,
    customer_details_address jsonb,
    customer_details_tax_exempt text,
    customer_details_tax_ids jsonb,
    collected_information_shipping_details jsonb,
    custom_fields jsonb,
    consent_promotions text,
    consent_terms_of_service text,
    locale text,
    submit_type text,
    expires_at timestamptz,
    recovered_from text,
    url text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- A customer's checkouts, newest first, and the one a subscription or a payment came from.
create index checkout_sessions_customer on stripe.checkout_sessions (customer, created)
    where customer is not null;
create index checkout_sessions_subscription on stripe.checkout_sessions (subscription)
    where subscription is not null;
create index checkout_sessions_payment_intent on stripe.checkout_sessions (payment_intent)
    where payment_intent is not null;

create table stripe.checkout_session_lines (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    checkout_session text not null,
    price text,
    product text,
    description text,
    currency text,
    quantity bigint,
    amount_subtotal bigint,
    amount_discount bigint,
    amount_tax bigint,
    amount_total bigint,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- Which lines a checkout had, to flag those that are gone.
create index checkout_session_lines_checkout_session on stripe.checkout_session_lines (checkout_session)
   ;

create table stripe.entitlement_features (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    active boolean,
    lookup_key text,
    name text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);

create table stripe.active_entitlement_summaries (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    primary key (id, account, livemode)
);

create table stripe.active_entitlements (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    customer text not null,
    feature text,
    lookup_key text,
    primary key (id, account, livemode)
);
-- What a customer is entitled to, and which entitlements are gone.
create index active_entitlements_customer on stripe.active_entitlements (customer);

create table stripe.meters (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    updated timestamptz,
    status text,
    display_name text,
    event_name text,
    event_time_window text,
    default_aggregation_formula text,
    customer_mapping_type text,
    customer_mapping_event_payload_key text,
    value_settings_event_payload_key text,
    status_transitions_deactivated_at timestamptz,
    primary key (id, account, livemode)
);

create table stripe.credit_grants (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    updated timestamptz,
    customer text,
    name text,
    category text,
    priority bigint,
    amount_type text,
    amount_monetary_currency text,
    amount_monetary_value bigint,
    applicability_config_scope_price_type text,
    applicability_config_scope_prices jsonb,
    effective_at timestamptz,
    expires_at timestamptz,
    voided_at timestamptz,
    test_clock text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- A customer's grants.
create index credit_grants_customer on stripe.credit_grants (customer);

create table stripe.credit_balance_transactions (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    effective_at timestamptz,
    credit_grant text,
    type text,
    credit_type text,
    credit_amount_monetary_currency text,
    credit_amount_monetary_value bigint,
    credit_credits_application_invoice_voided_invoice text,
    credit_credits_application_invoice_voided_invoice_line_item text,
    debit_type text,
    debit_amount_monetary_currency text,
    debit_amount_monetary_value bigint,
    debit_credits_applied_invoice text,
    debit_credits_applied_invoice_line_item text,
    test_clock text,
    primary key (id, account, livemode)
);
-- What became of a grant, and what of it an invoice used.
create index credit_balance_transactions_credit_grant on stripe.credit_balance_transactions (credit_grant)
   ;
create index credit_balance_transactions_debit_invoice on stripe.credit_balance_transactions (debit_credits_applied_invoice)
    where debit_credits_applied_invoice is not null;

create table stripe.billing_alerts (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    alert_type text,
    title text,
    status text,
    customer text,
    usage_threshold_meter text,
    usage_threshold_gte numeric,
    usage_threshold_recurrence text,
    primary key (id, account, livemode)
);
-- The alerts that are for one customer.
create index billing_alerts_customer on stripe.billing_alerts (customer) where customer is not null;

create table stripe.billing_alerts_triggered (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    alert text,
    customer text,
    value numeric,
    primary key (id, account, livemode)
);
-- Which alerts a customer set off.
create index billing_alerts_triggered_customer on stripe.billing_alerts_triggered (customer, created)
   ;

create table stripe.quotes (
    id text not null,
    account text not null,
    livemode boolean not null,
    deleted boolean not null,
    sighted_at timestamptz not null,
    sighted_event text,
    sighted_digest bytea not null,
    created timestamptz,
    customer text,
    number text,
    status text,
    collection_method text,
    currency text,
    amount_subtotal bigint,
    amount_total bigint,
    total_details_amount_discount bigint,
    total_details_amount_shipping bigint,
    total_details_amount_tax bigint,
    computed_upfront_amount_subtotal bigint,
    computed_upfront_amount_total bigint,
    computed_recurring_amount_subtotal bigint,
    computed_recurring_amount_total bigint,
    computed_recurring_interval text,
    computed_recurring_interval_count bigint,
    discounts jsonb,
    invoice text,
    subscription text,
    subscription_schedule text,
    subscription_data_description text,
    subscription_data_effective_date timestamptz,
    subscription_data_trial_period_days bigint,
    invoice_settings_days_until_due bigint,
    from_quote_quote text,
    from_quote_is_revision boolean,
    expires_at timestamptz,
    status_transitions_finalized_at timestamptz,
    status_transitions_accepted_at timestamptz,
    status_transitions_canceled_at timestamptz,
    description text,
    header text,
    footer text,
    test_clock text,
    metadata jsonb not null default '{}',
    primary key (id, account, livemode)
);
-- A customer's quotes.
create index quotes_customer on stripe.quotes (customer);

comment on table stripe.customers is 'Customers';
comment on table stripe.tax_ids is 'Tax ids of customers';
comment on table stripe.products is 'Products';
comment on table stripe.prices is 'Prices of products';
comment on table stripe.coupons is 'Coupons';
comment on table stripe.promotion_codes is 'Codes that stand for coupons';
comment on table stripe.discounts is 'Coupons in use by customers, subscriptions and invoices';
comment on table stripe.subscriptions is 'Subscriptions';
comment on table stripe.subscription_items is 'The items of subscriptions';
comment on table stripe.subscription_schedules is 'What subscriptions are scheduled to become';
comment on table stripe.invoices is 'Invoices';
comment on table stripe.invoice_lines is 'The lines of invoices';
comment on table stripe.invoice_items is 'What waits for, or went into, an invoice';
comment on table stripe.invoice_payments is 'Which payment pays how much of which invoice';
comment on table stripe.credit_notes is 'Credit notes';
comment on table stripe.credit_note_lines is 'The lines of credit notes';
comment on table stripe.payment_intents is 'Payments, with all of their attempts';
comment on table stripe.setup_intents is 'Setups of payment methods for later use';
comment on table stripe.charges is 'Charges: single attempts to take money';
comment on table stripe.refunds is 'Refunds of charges';
comment on table stripe.disputes is 'Disputes of charges';
comment on table stripe.early_fraud_warnings is 'What card networks say before a dispute';
comment on table stripe.reviews is 'Payments held for a person to look at';
comment on table stripe.payment_methods is 'Payment methods: brand, last digits and expiry, never a number';
comment on table stripe.checkout_sessions is 'Checkouts';
comment on table stripe.checkout_session_lines is 'The lines of checkouts';
comment on table stripe.entitlement_features is 'Features that products entitle to';
comment on table stripe.active_entitlement_summaries is 'When the entitlements of a customer were last sighted';
comment on table stripe.active_entitlements is 'What customers are entitled to now';
comment on table stripe.meters is 'Meters of usage';
comment on table stripe.credit_grants is 'Credits granted to customers';
comment on table stripe.credit_balance_transactions is 'What became of granted credits';
comment on table stripe.billing_alerts is 'Alerts on usage';
comment on table stripe.billing_alerts_triggered is 'Crossings of the thresholds of alerts';
comment on table stripe.quotes is 'Quotes';

-- Personal data is marked where it lies, as in the first migration.
comment on column stripe.customers.shipping is 'personal';
comment on column stripe.customers.individual_name is 'personal';
comment on column stripe.customers.business_name is 'personal';
comment on column stripe.tax_ids.value is 'personal';
comment on column stripe.tax_ids.verification_verified_name is 'personal';
comment on column stripe.tax_ids.verification_verified_address is 'personal';
comment on column stripe.promotion_codes.code is 'personal: may hold anything its author wrote';
comment on column stripe.promotion_codes.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.subscriptions.cancellation_details_comment is 'personal: may hold anything its author wrote';
comment on column stripe.subscriptions.pending_update_subscription_items is 'personal: may hold anything its author wrote';
comment on column stripe.subscriptions.description is 'personal: may hold anything its author wrote';
comment on column stripe.subscription_schedules.default_settings_description is 'personal: may hold anything its author wrote';
comment on column stripe.subscription_schedules.phases is 'personal: may hold anything its author wrote';
comment on column stripe.subscription_schedules.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.invoices.customer_email is 'personal';
comment on column stripe.invoices.customer_name is 'personal';
comment on column stripe.invoices.customer_address is 'personal';
comment on column stripe.invoices.description is 'personal: may hold anything its author wrote';
comment on column stripe.invoices.footer is 'personal: may hold anything its author wrote';
comment on column stripe.invoices.statement_descriptor is 'personal: may hold anything its author wrote';
comment on column stripe.invoice_items.description is 'personal: may hold anything its author wrote';
comment on column stripe.invoice_items.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.credit_notes.memo is 'personal: may hold anything its author wrote';
comment on column stripe.credit_notes.pdf is 'personal: opens the credit note, which names its customer';
comment on column stripe.credit_notes.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.credit_note_lines.description is 'personal: may hold anything its author wrote';
comment on column stripe.credit_note_lines.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.payment_intents.last_payment_error_message is 'personal: may quote what was entered';
comment on column stripe.payment_intents.transfer_group is 'personal: may hold anything its author wrote';
comment on column stripe.payment_intents.description is 'personal: may hold anything its author wrote';
comment on column stripe.payment_intents.receipt_email is 'personal';
comment on column stripe.payment_intents.shipping is 'personal';
comment on column stripe.payment_intents.statement_descriptor is 'personal: may hold anything its author wrote';
comment on column stripe.payment_intents.statement_descriptor_suffix is 'personal: may hold anything its author wrote';
comment on column stripe.payment_intents.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.setup_intents.last_setup_error_message is 'personal: may quote what was entered';
comment on column stripe.setup_intents.description is 'personal: may hold anything its author wrote';
comment on column stripe.setup_intents.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.charges.failure_message is 'personal: may quote what was entered';
comment on column stripe.charges.payment_method_details_card_last4 is 'personal: part of an account number';
comment on column stripe.charges.billing_details_email is 'personal';
comment on column stripe.charges.billing_details_name is 'personal';
comment on column stripe.charges.billing_details_phone is 'personal';
comment on column stripe.charges.billing_details_address is 'personal';
comment on column stripe.charges.transfer_group is 'personal: may hold anything its author wrote';
comment on column stripe.charges.description is 'personal: may hold anything its author wrote';
comment on column stripe.charges.receipt_email is 'personal';
comment on column stripe.charges.receipt_url is 'personal: opens the receipt, which names its customer';
comment on column stripe.charges.shipping is 'personal';
comment on column stripe.charges.calculated_statement_descriptor is 'personal: may hold anything its author wrote';
comment on column stripe.charges.statement_descriptor is 'personal: may hold anything its author wrote';
comment on column stripe.charges.statement_descriptor_suffix is 'personal: may hold anything its author wrote';
comment on column stripe.charges.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.refunds.description is 'personal: may hold anything its author wrote';
comment on column stripe.refunds.instructions_email is 'personal';
comment on column stripe.refunds.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.disputes.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.reviews.billing_zip is 'personal';
comment on column stripe.reviews.ip_address is 'personal';
comment on column stripe.payment_methods.card_last4 is 'personal: part of an account number';
comment on column stripe.payment_methods.acss_debit_last4 is 'personal: part of an account number';
comment on column stripe.payment_methods.au_becs_debit_last4 is 'personal: part of an account number';
comment on column stripe.payment_methods.bacs_debit_last4 is 'personal: part of an account number';
comment on column stripe.payment_methods.sepa_debit_last4 is 'personal: part of an account number';
comment on column stripe.payment_methods.us_bank_account_last4 is 'personal: part of an account number';
comment on column stripe.payment_methods.us_bank_account_bank_name is 'personal';
comment on column stripe.payment_methods.billing_details_email is 'personal';
comment on column stripe.payment_methods.billing_details_name is 'personal';
comment on column stripe.payment_methods.billing_details_phone is 'personal';
comment on column stripe.payment_methods.billing_details_address is 'personal';
comment on column stripe.payment_methods.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.checkout_sessions.client_reference_id is 'personal: may hold anything its author wrote';
comment on column stripe.checkout_sessions.customer_email is 'personal';
comment on column stripe.checkout_sessions.customer_details_email is 'personal';
comment on column stripe.checkout_sessions.customer_details_name is 'personal';
comment on column stripe.checkout_sessions.customer_details_individual_name is 'personal';
comment on column stripe.checkout_sessions.customer_details_business_name is 'personal';
comment on column stripe.checkout_sessions.customer_details_phone is 'personal';
comment on column stripe.checkout_sessions.customer_details_address is 'personal';
comment on column stripe.checkout_sessions.customer_details_tax_ids is 'personal';
comment on column stripe.checkout_sessions.collected_information_shipping_details is 'personal';
comment on column stripe.checkout_sessions.custom_fields is 'personal: may hold anything its author wrote';
comment on column stripe.checkout_sessions.url is 'personal: opens the checkout, which may name its customer';
comment on column stripe.checkout_sessions.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.checkout_session_lines.description is 'personal: may hold anything its author wrote';
comment on column stripe.checkout_session_lines.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.credit_grants.name is 'personal: may hold anything its author wrote';
comment on column stripe.credit_grants.metadata is 'personal: may hold anything its author wrote';
comment on column stripe.billing_alerts.title is 'personal: may hold anything its author wrote';
comment on column stripe.quotes.subscription_data_description is 'personal: may hold anything its author wrote';
comment on column stripe.quotes.description is 'personal: may hold anything its author wrote';
comment on column stripe.quotes.header is 'personal: may hold anything its author wrote';
comment on column stripe.quotes.footer is 'personal: may hold anything its author wrote';
comment on column stripe.quotes.metadata is 'personal: may hold anything its author wrote';
