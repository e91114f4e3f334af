-- Which runs saw which findings: a later run that sees the same takes nothing from an older one's
-- report. It goes with the run.
create table counterfoil.run_findings (
    run bigint not null references counterfoil.runs on delete cascade,
    finding bigint not null references counterfoil.findings,
    primary key (run, finding)
);

comment on table counterfoil.run_findings is 'Which runs of the reconciler saw which findings';

insert into counterfoil.run_findings (run, finding)
select findings.run, findings.id from counterfoil.findings
join counterfoil.runs on runs.id = findings.run;
