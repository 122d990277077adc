-- The runs of a database. `rows` and `revision` count its trials and amendments; a writer locks this row.
create table lineage_run (
    id integer generated always as identity primary key,
    name text not null unique,
    epoch uuid not null,
    metric text not null,
    direction text not null,
    columns text[] not null,
    rows bigint not null default 0,
    revision bigint not null default 0,
    created timestamptz not null default now()
);

-- The trials as they were logged, never changed. `line` is the row of the log, `once` the job of `--once`.
create table lineage_trial (
    run integer not null references lineage_run,
    seq bigint not null,
    uuid uuid not null unique,
    once text,
    line text not null,
    host text not null,
    written_by text not null default current_user,
    time timestamptz not null default now(),
    primary key (run, seq)
);
create unique index lineage_trial_once on lineage_trial (run, md5(once));

-- What was amended: the row before and after.
create table lineage_amendment (
    run integer not null references lineage_run,
    revision bigint not null,
    seq bigint not null,
    old text not null,
    new text not null,
    why text not null,
    host text not null,
    written_by text not null default current_user,
    time timestamptz not null default now(),
    primary key (run, revision)
);
create index lineage_amendment_seq on lineage_amendment (run, seq, revision);

-- Trials in progress.
create table lineage_running (
    uuid uuid primary key,
    run integer not null references lineage_run,
    trial text not null,
    heartbeat timestamptz not null default now()
);
