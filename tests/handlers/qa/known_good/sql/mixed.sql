PRAGMA foreign_keys = ON;
INSERT OR IGNORE INTO t (a) VALUES (?), (:b);
-- a comment; with 'quote
SELECT TOP 1 [a b] FROM dbo.t;
