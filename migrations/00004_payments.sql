-- +goose Up

-- How guests pay and arrive, and what the owner gives back. A cabin that says nothing has neither transfers nor an address.
alter table accommodations
	add column transfer_alias text not null default '' check (char_length(transfer_alias) <= 100),
	add column transfer_cbu text not null default '' check (transfer_cbu ~ '^([0-9]{22})?$'),
	add column transfer_holder text not null default '' check (char_length(transfer_holder) <= 100),
	add column transfer_bank text not null default '' check (char_length(transfer_bank) <= 100),
	add column cancellation_steps jsonb not null default '[]' constraint accommodations_cancellation_steps_are_steps check (
		jsonb_typeof(cancellation_steps) = 'array' and jsonb_array_length(cancellation_steps) <= 10
		and not jsonb_path_exists(cancellation_steps, 'strict $[*] ? (@.type() != "object")')
		and not jsonb_path_exists(cancellation_steps, '$[*] ? (!(@.days_before.type() == "number" && @.percent.type() == "number"
			&& @.days_before >= 0 && @.days_before <= 540 && @.days_before == @.days_before.floor()
			&& @.percent >= 0 && @.percent <= 100 && @.percent == @.percent.floor()))')),
	add column check_in_time time not null default '14:00' check (check_in_time < '24:00'),
	add column check_out_time time not null default '10:00' check (check_out_time < '24:00'),
	add column address text not null default '' check (char_length(address) <= 300),
	add column map_url text not null default '' check (char_length(map_url) <= 500),
	add column host_name text not null default '' check (char_length(host_name) <= 100),
	add column host_phone text not null default '' check (char_length(host_phone) <= 50),
	drop constraint accommodations_cancellation_policy_check,
	add constraint accommodations_cancellation_policy_check check (cancellation_policy in ('flexible', 'moderate', 'strict', 'custom'));

comment on column accommodations.transfer_alias is 'where deposits can be transferred to: an alias, or transfer_cbu; both empty: nowhere';
comment on column accommodations.cancellation_steps is '[{"days_before": 5, "percent": 100}, …], from the furthest to the nearest: what goes back to whoever cancels so many days before; [] = by cancellation_policy';
comment on column accommodations.host_phone is 'where guests reach the owner';

alter table reservations add column kept_amount numeric(12, 2) check (kept_amount between 0 and 9999999999.99);

comment on column reservations.kept_amount is 'of a cancelled one: what the owner keeps of what was paid; null: nobody has decided';
comment on column reservations.paid_amount is 'the sum of its ledger';

-- Every notification that was accepted, as it came. Only what was verified takes the name of an event, so that nobody can take
-- the name of one that is yet to come.
create table inbox (
	id bigint generated always as identity primary key,
	source text not null check (source <> ''),
	event_id text,
	topic text not null default '',
	resource_id text not null default '',
	payment_id text not null default '',
	payload bytea not null default '',
	signed boolean not null default false,
	received_at timestamptz not null,
	settled_at timestamptz,
	outcome text not null default '',
	constraint inbox_by_event unique (source, event_id),
	check (signed or event_id is null)
);

create index inbox_unsettled on inbox (id) where settled_at is null;
create index inbox_unsettled_by_payment on inbox (source, payment_id) where settled_at is null;

comment on column inbox.payment_id is 'what has to be looked up; empty: nothing';

-- A page of the provider on which something can be paid. The row is there before the page: whoever claims it asks for one.
create table checkouts (
	id bigint generated always as identity primary key,
	reservation_id bigint not null references reservations (id),
	what text not null check (what in ('deposit', 'total')),
	amount numeric(12, 2) not null check (amount > 0 and amount <= 9999999999.99),
	currency text not null,
	expires_at timestamptz not null,
	claimed_at timestamptz not null,
	claims integer not null default 1,
	provider_id text not null default '',
	init_point text not null default '',
	collector_id text not null default '',
	created_at timestamptz not null,
	closed_at timestamptz,
	check ((provider_id = '') = (init_point = '')),
	check (closed_at is null or provider_id <> '')
);

create unique index checkouts_one_of_a_kind on checkouts (reservation_id, what, amount, currency, expires_at) where closed_at is null;
create index checkouts_by_time on checkouts (created_at, reservation_id);

comment on column checkouts.claimed_at is 'when the provider was last asked for the page; claims is how often';
comment on column checkouts.closed_at is 'when we had the provider close it; nobody is sent there any more';

-- What is known of each payment: of the provider's, what it last said; of others', what the owner said.
create table payments (
	id bigint generated always as identity primary key,
	provider text not null check (provider in ('mercadopago', 'transfer', 'cash')),
	provider_id text not null check (provider_id <> ''),
	reservation_id bigint references reservations (id),
	external_reference text not null default '',
	status text not null check (status <> ''),
	status_detail text not null default '',
	amount numeric(12, 2) not null check (amount between 0 and 9999999999.99),
	refunded_amount numeric(12, 2) not null default 0 check (refunded_amount between 0 and 9999999999.99),
	currency text not null default '',
	live boolean not null default true,
	collector_id text not null default '',
	method text not null default '',
	type text not null default '',
	created_at timestamptz,
	approved_at timestamptz,
	expires_at timestamptz,
	provider_updated_at timestamptz,
	flag text not null default '',
	note text not null default '' check (char_length(note) <= 500),
	received_by text not null default '',
	first_seen_at timestamptz not null,
	changed_at timestamptz not null,
	unique (provider, provider_id)
);

create index payments_by_reservation on payments (reservation_id);
create index payments_undecided on payments (reservation_id) where status in ('pending', 'authorized', 'in_process', 'in_mediation');
create index payments_flagged on payments (id) where flag <> '';

comment on column payments.reservation_id is 'null: what it says that it is for is none of ours';
comment on column payments.flag is 'why the owner has to look at it; empty: all is well';

-- Money that is to go back: a row first, then the provider is asked, then an outcome.
create table refunds (
	id bigint generated always as identity primary key,
	payment_id bigint not null references payments (id),
	ordinal integer not null check (ordinal >= 1),
	amount numeric(12, 2) not null check (amount > 0 and amount <= 9999999999.99),
	reason text not null,
	by_hand boolean not null default false,
	state text not null default 'queued' check (state in ('queued', 'sent', 'in_process', 'done', 'failed', 'withdrawn')),
	retries integer not null default 0,
	idempotency_key text not null unique check (char_length(idempotency_key) between 1 and 300),
	provider_id text not null default '',
	attempts integer not null default 0,
	last_error text not null default '',
	not_before timestamptz,
	next_attempt_at timestamptz,
	asked_by text not null,
	created_at timestamptz not null,
	first_sent_at timestamptz,
	done_at timestamptz,
	unique (payment_id, ordinal),
	check (state <> 'done' or done_at is not null),
	check ((next_attempt_at is not null) = (state in ('queued', 'sent', 'in_process') and not by_hand))
);

create index refunds_due on refunds (next_attempt_at) where next_attempt_at is not null;
create index refunds_undone on refunds (id) where state in ('queued', 'sent', 'in_process');

comment on column refunds.ordinal is 'of all refunds of the payment: what the provider tells two of the same amount apart by';
comment on column refunds.retries is 'the ordinal of the failed one that this one stands for; 0 = none';
comment on column refunds.by_hand is 'the owner gives it back, and says so';
comment on column refunds.next_attempt_at is 'when somebody has to look at it, also if nobody comes back from the attempt before';

-- All money that has come and gone, for ever. What of a reservation is paid is the sum of its rows.
create table ledger (
	id bigint generated always as identity primary key,
	reservation_id bigint not null references reservations (id),
	payment_id bigint not null references payments (id),
	at timestamptz not null,
	kind text not null check (kind in ('payment', 'refund', 'chargeback')),
	amount numeric(12, 2) not null check (amount <> 0 and amount between -9999999999.99 and 9999999999.99)
);

create index ledger_by_reservation on ledger (reservation_id);

-- +goose StatementBegin
create function refuse_to_rewrite_ledger() returns trigger language plpgsql as $$
begin
	raise exception 'ledger is append-only';
end
$$;
-- +goose StatementEnd

create trigger append_only before update or delete on ledger
	for each row execute function refuse_to_rewrite_ledger();

-- What was paid before there was a ledger came by some hand.
with paid as (
	insert into payments (provider, provider_id, reservation_id, external_reference, status, amount, currency, approved_at, first_seen_at, changed_at)
	select 'cash', 'opening:' || code, id, code, 'approved', paid_amount, currency, created_at, now(), now()
	from reservations where paid_amount > 0
	returning id, reservation_id, amount)
insert into ledger (reservation_id, payment_id, at, kind, amount)
select reservation_id, id, now(), 'payment', amount from paid;

-- What guests and owners are told. A row is written with what it tells of, and sent afterwards.
create table messages (
	id bigint generated always as identity primary key,
	reservation_id bigint references reservations (id),
	kind text not null,
	recipient text not null check (recipient in ('guest', 'owner')),
	channel text not null default 'email' check (channel in ('email', 'whatsapp')),
	dedupe_key text not null unique check (char_length(dedupe_key) between 1 and 200),
	facts jsonb not null default '{}' check (jsonb_typeof(facts) = 'object'),
	status text not null default 'queued' check (status in ('queued', 'sent', 'failed', 'given_up')),
	attempts integer not null default 0,
	last_error text not null default '',
	first_attempt_at timestamptz,
	next_attempt_at timestamptz,
	provider_id text not null default '',
	created_at timestamptz not null,
	sent_at timestamptz,
	given_up_at timestamptz,
	check (status <> 'sent' or sent_at is not null)
);

create index messages_by_reservation on messages (reservation_id, id);
create index messages_unsent on messages (next_attempt_at) where status in ('queued', 'failed');
create index messages_given_up on messages (given_up_at) where status = 'given_up';

comment on column messages.facts is 'the numbers at the time; names and addresses are looked up when it is sent';
comment on column messages.first_attempt_at is 'from then on it is tried for a day; null: it was not yet, or is to be tried anew';
comment on column messages.status is 'failed: it is tried again at next_attempt_at; given_up: it is not';

-- +goose Down

drop table messages, ledger, refunds, payments, checkouts, inbox;
drop function refuse_to_rewrite_ledger;
alter table reservations drop column kept_amount;
comment on column reservations.paid_amount is null;
update accommodations set cancellation_policy = 'strict' where cancellation_policy = 'custom';
alter table accommodations
	drop constraint accommodations_cancellation_policy_check,
	add constraint accommodations_cancellation_policy_check check (cancellation_policy in ('flexible', 'moderate', 'strict')),
	drop column transfer_alias, drop column transfer_cbu, drop column transfer_holder, drop column transfer_bank,
	drop column cancellation_steps, drop column check_in_time, drop column check_out_time,
	drop column address, drop column map_url, drop column host_name, drop column host_phone;
