-- Run once by the postgres image, as its superuser, when its volume is new: one database for each service.
--
-- `<service>_deploy` is what `migrate` connects as. It is no superuser. It may make roles, since migrations make the
-- service's, and it may act as those it made, since it hands the tables over to one of them. It makes the role of the
-- service here already, so that it may give it a password, and so that nobody else is let into the database.
\getenv governance GOVERNANCE_MIGRATE_PASSWORD
\getenv projects PROJECTS_MIGRATE_PASSWORD
\getenv reporting REPORTING_MIGRATE_PASSWORD

revoke connect on database postgres, template1 from public;

create role governance_deploy login createrole password :'governance';
alter role governance_deploy set createrole_self_grant = 'set, inherit';
create database governance owner governance_deploy;
revoke all on database governance from public;
set role governance_deploy;
create role governance_append login;
grant connect on database governance to governance_append;
reset role;

create role projects_deploy login createrole password :'projects';
alter role projects_deploy set createrole_self_grant = 'set, inherit';
create database projects owner projects_deploy;
revoke all on database projects from public;
set role projects_deploy;
create role projects_append login;
grant connect on database projects to projects_append;
reset role;

create role reporting_deploy login createrole password :'reporting';
alter role reporting_deploy set createrole_self_grant = 'set, inherit';
create database reporting owner reporting_deploy;
revoke all on database reporting from public;
set role reporting_deploy;
create role reporting_append login;
grant connect on database reporting to reporting_append;
reset role;
