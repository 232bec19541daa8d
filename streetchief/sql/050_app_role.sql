-- What the role of the web requests may read beyond the tables (migration 0004): views are made again whenever sql/
-- changes and lose their rights then, so they are given here. The views are security_invoker: the policies of the tables
-- below hold through them.
grant select on complaint_facts, complaint_features, segment_features to streetchief_app;
