-- +goose Up

-- Every run of a task: claimed by the clock or an operator, launched on a machine, told by the task itself. This table is the
-- truth; machines come and go.
create table task_runs (
	id bigint generated always as identity primary key,
	task text not null,
	slot timestamptz not null,
	state text not null check (state in ('queued', 'launching', 'running', 'succeeded', 'failed', 'skipped', 'lost')),
	cause text not null check (cause in ('clock', 'operator')),
	args text[] not null default '{}',
	machine_id text not null default '',
	attempts integer not null default 0,
	asked_at timestamptz,
	deadline timestamptz not null,
	heartbeat_at timestamptz,
	created_at timestamptz not null,
	started_at timestamptz,
	finished_at timestamptz,
	exit_code integer,
	oom boolean not null default false,
	error text not null default '',
	summary text not null default '',
	unique (task, slot)
);

-- A task never runs twice at once, whoever starts it.
create unique index task_runs_one_live on task_runs (task) where state in ('queued', 'launching', 'running');

create index task_runs_by_task on task_runs (task, id desc);
create index task_runs_by_time on task_runs (created_at);

comment on column task_runs.slot is 'the instant that a run of the clock is for; of an operator''s run the instant it was asked for';
comment on column task_runs.asked_at is 'when a machine was last asked for; attempts is how often';
comment on column task_runs.heartbeat_at is 'when the task last said that it is alive; old while running means that it died without a word';

-- +goose Down

drop table task_runs;
