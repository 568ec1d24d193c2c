-- +goose Up

-- What guests ask about a cabin. What a row does not say nobody makes up.
alter table accommodations
	add column pets_allowed boolean,
	add column babies_count boolean not null default false,
	add column answers jsonb not null default '{}' constraint accommodations_answers_are_texts check (
		jsonb_typeof(answers) = 'object' and not jsonb_path_exists(answers, 'strict $.* ? (@.type() != "string")')),
	add column latitude numeric(9, 6) check (latitude between -90 and 90),
	add column longitude numeric(9, 6) check (longitude between -180 and 180),
	add constraint accommodations_are_somewhere check ((latitude is null) = (longitude is null));

comment on column accommodations.pets_allowed is 'null: nobody has said';
comment on column accommodations.babies_count is 'whether a baby takes the place of a guest';
comment on column accommodations.answers is 'the owner''s own words by topic: {"wifi": "Sí, 50 megas", "towels": "…"}';

-- People on WhatsApp: by their BSUID, by their number, or by both.
create table contacts (
	id bigint generated always as identity primary key,
	bsuid text unique check (char_length(bsuid) between 1 and 200),
	wa_id text unique check (char_length(wa_id) between 1 and 200),
	phone text not null generated always as (coalesce('+' || wa_id, '')) stored,
	name text not null default '' check (char_length(name) <= 200),
	username text not null default '' check (char_length(username) <= 200),
	language text not null default '' check (char_length(language) <= 10),
	last_inbound_at timestamptz,
	stopped_at timestamptz,
	speaker text not null default '',
	speaking_until timestamptz,
	quiet_until timestamptz,
	strikes integer not null default 0,
	created_at timestamptz not null,
	check (bsuid is not null or wa_id is not null)
);

comment on column contacts.phone is 'E.164; empty: the person does not show it';
comment on column contacts.name is 'what the person calls himself';
comment on column contacts.last_inbound_at is 'until 24 hours later he may be answered freely';
comment on column contacts.stopped_at is 'since when he wants no marketing';
comment on column contacts.speaker is 'who is sending to him, until speaking_until: one at a time';
comment on column contacts.quiet_until is 'he was sent too much at once, strikes times in a row: nothing before then';

-- What a person and the system are talking about.
create table conversations (
	contact_id bigint primary key references contacts (id),
	state jsonb not null default '{}' check (jsonb_typeof(state) = 'object'),
	version bigint not null default 0,
	busy_until timestamptz,
	handed_over_until timestamptz,
	awaiting_owner boolean not null default false,
	updated_at timestamptz not null
);

create index conversations_by_time on conversations (updated_at, contact_id);
create index conversations_awaiting_owner on conversations (updated_at, contact_id) where awaiting_owner;

comment on column conversations.version is 'counts who has taken it up and who has written it: who finds another than he read writes nothing';
comment on column conversations.busy_until is 'until when somebody is at it';
comment on column conversations.handed_over_until is 'until when a person answers instead of the system; it is in state, too';

alter table reservations add column contact_id bigint references contacts (id);

create index reservations_by_contact on reservations (contact_id) where contact_id is not null;
create index reservations_by_phone on reservations (contact_phone) where contact_phone <> '';

comment on column reservations.contact_id is 'who made it over WhatsApp';

-- Payments are not all that somebody tells of.
alter table inbox rename column payment_id to subject;
alter index inbox_unsettled_by_payment rename to inbox_unsettled_by_subject;
comment on column inbox.subject is 'what has to be looked at: the payment, the person who wrote, the message; empty: nothing';

-- What guests have sent to show that they have paid.
create table receipts (
	id bigint generated always as identity primary key,
	reservation_id bigint references reservations (id),
	contact_id bigint not null references contacts (id),
	media_id text not null check (char_length(media_id) between 1 and 200),
	mime text not null check (char_length(mime) <= 100),
	sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
	bytes bytea not null check (octet_length(bytes) between 1 and 5242880),
	created_at timestamptz not null,
	unique (contact_id, sha256)
);

create index receipts_by_reservation on receipts (reservation_id, id);

-- Messages over WhatsApp.
alter table messages
	add column contact_id bigint references contacts (id),
	add column parent_id bigint references messages (id),
	add column body jsonb check (jsonb_typeof(body) = 'object'),
	add column delivered_at timestamptz,
	add column read_at timestamptz,
	add column error_code integer not null default 0,
	add column billed_at timestamptz,
	add column billed_category text not null default '' check (char_length(billed_category) <= 64),
	add constraint messages_on_whatsapp_are_to_somebody check (channel <> 'whatsapp' or contact_id is not null);

create unique index messages_by_provider_id on messages (provider_id) where provider_id <> '';
create index messages_by_contact on messages (contact_id, id) where contact_id is not null;
create index messages_unsaid on messages (contact_id, id) where channel = 'whatsapp' and status in ('queued', 'failed');
create index messages_by_parent on messages (parent_id) where parent_id is not null;
create index messages_billed on messages (billed_at) where billed_at is not null;

comment on column messages.body is 'a reply as it is to be sent; null: kind and facts say what';
comment on column messages.parent_id is 'of what is for all owners: this is the one for one of them';
comment on column messages.error_code is 'WhatsApp''s, of the last attempt that failed';
comment on column messages.billed_at is 'when Meta said that it bills this message, and as what';

-- know_contact finds or makes the person who has these identities, each null where it is not known, and says who he is. Old
-- ones are those that he had before, as WhatsApp tells. Who was two people until now becomes the older of them, unless
-- somebody is just talking with either: CB002, try again. A number that belongs to another BSUID has changed hands.
-- +goose StatementBegin
create function know_contact(new_bsuid text, new_wa_id text, old_bsuid text, old_wa_id text, profile text, handle text, inbound_at timestamptz, at timestamptz)
returns bigint language plpgsql as $$
declare
	identity text;
	found contacts[];
	other contacts;
	person contacts;
begin
	if new_bsuid is null and new_wa_id is null then
		return null;
	end if;
	-- Whoever has one of them waits: in one order, so that nobody waits in a circle.
	for identity in select distinct i from unnest(array[new_bsuid, new_wa_id, old_bsuid, old_wa_id]) i where i is not null order by 1 loop
		perform pg_advisory_xact_lock(hashtextextended('contact ' || identity, 0));
	end loop;

	found := array(
		select c from contacts c
		where bsuid in (new_bsuid, old_bsuid) or wa_id = old_wa_id
			or wa_id = new_wa_id and (new_bsuid is null or bsuid is null)
		order by id for no key update);
	update contacts c set wa_id = null
	where wa_id = new_wa_id and not exists (select from unnest(found) f where f.id = c.id);
	if cardinality(found) = 0 then
		insert into contacts (bsuid, wa_id, name, username, last_inbound_at, created_at)
		values (new_bsuid, new_wa_id, profile, handle, inbound_at, at) returning * into person;
		return person.id;
	end if;

	person := found[1];
	foreach other in array found[2:] loop
		perform merge_contacts(person.id, other.id, at);
		person.bsuid := coalesce(person.bsuid, other.bsuid);
		person.wa_id := coalesce(person.wa_id, other.wa_id);
		person.name := coalesce(nullif(other.name, ''), person.name);
		person.username := coalesce(nullif(other.username, ''), person.username);
		person.language := coalesce(nullif(other.language, ''), person.language);
		person.last_inbound_at := greatest(person.last_inbound_at, other.last_inbound_at);
		person.stopped_at := greatest(person.stopped_at, other.stopped_at);
		person.quiet_until := greatest(person.quiet_until, other.quiet_until);
	end loop;
	if new_bsuid is null and old_bsuid is not null then
		person.bsuid := null; -- he has another now, and nobody says which
	end if;
	update contacts set bsuid = coalesce(new_bsuid, person.bsuid), wa_id = coalesce(new_wa_id, person.wa_id),
		name = coalesce(nullif(profile, ''), person.name), username = coalesce(nullif(handle, ''), person.username),
		language = person.language, last_inbound_at = greatest(person.last_inbound_at, inbound_at),
		stopped_at = person.stopped_at, quiet_until = person.quiet_until
	where id = person.id;
	return person.id;
end
$$;

create function merge_contacts(winner bigint, loser bigint, at timestamptz) returns void language plpgsql as $$
declare
	kept conversations;
	gone conversations;
begin
	perform from conversations where contact_id in (winner, loser) order by contact_id for update;
	if exists (select from conversations where contact_id in (winner, loser) and busy_until > at)
		or exists (select from contacts where id = loser and speaking_until > at) then
		raise exception 'somebody is talking with this person' using errcode = 'CB002';
	end if;
	select * into kept from conversations where contact_id = winner;
	select * into gone from conversations where contact_id = loser;
	delete from conversations where contact_id = loser;
	if kept.contact_id is null and gone.contact_id is not null then
		insert into conversations (contact_id, state, version, handed_over_until, awaiting_owner, updated_at)
		values (winner, gone.state, gone.version + 1, gone.handed_over_until, gone.awaiting_owner, gone.updated_at);
	elsif gone.contact_id is not null then
		update conversations set version = greatest(kept.version, gone.version) + 1, updated_at = greatest(kept.updated_at, gone.updated_at),
			state = case when gone.updated_at > kept.updated_at then gone.state else kept.state end,
			handed_over_until = case when gone.updated_at > kept.updated_at then gone.handed_over_until else kept.handed_over_until end,
			awaiting_owner = case when gone.updated_at > kept.updated_at then gone.awaiting_owner else kept.awaiting_owner end
		where contact_id = winner;
	end if;
	update messages set contact_id = winner where contact_id = loser;
	update reservations set contact_id = winner where contact_id = loser;
	update receipts r set contact_id = winner
	where contact_id = loser and not exists (select from receipts x where x.contact_id = winner and x.sha256 = r.sha256);
	delete from receipts where contact_id = loser;
	delete from contacts where id = loser;
end
$$;
-- +goose StatementEnd

-- +goose Down

drop function know_contact, merge_contacts;
update messages set channel = 'email' where channel = 'whatsapp';
alter table messages
	drop constraint messages_on_whatsapp_are_to_somebody,
	drop column contact_id, drop column parent_id, drop column body, drop column delivered_at, drop column read_at,
	drop column error_code, drop column billed_at, drop column billed_category;
drop index messages_by_provider_id;
drop table receipts;
comment on column inbox.subject is 'what has to be looked up; empty: nothing';
alter index inbox_unsettled_by_subject rename to inbox_unsettled_by_payment;
alter table inbox rename column subject to payment_id;
alter table reservations drop column contact_id;
drop index reservations_by_phone;
drop table conversations, contacts;
alter table accommodations
	drop constraint accommodations_are_somewhere,
	drop column pets_allowed, drop column babies_count, drop column answers, drop column latitude, drop column longitude;
