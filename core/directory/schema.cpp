#include "core/directory/schema.h"

#include <array>

namespace metka::directory {

namespace {

using sqlite::Sql;

// An address is one row whether it is a mailbox's own or an alias, so that one key keeps it unique. Instants
// are milliseconds since 1970, sizes bytes, NULL is "unlimited" or "none". Rows are kept in their key
// (WITHOUT ROWID): a lookup is one descent. The audit has its order of arrival in its rowid, since one
// millisecond may hold several.
constexpr Sql first_tables = R"sql(
CREATE TABLE customer (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    contact TEXT NOT NULL,
    standing TEXT NOT NULL CHECK (standing IN ('active', 'suspended')),
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE domain (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL UNIQUE,
    customer BLOB NOT NULL REFERENCES customer (id),
    kind TEXT NOT NULL CHECK (kind IN ('local', 'foreign')),
    state TEXT NOT NULL CHECK (state IN ('pending', 'active', 'suspended')),
    token TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX domain_by_customer ON domain (customer);

CREATE TABLE inbox (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    kind TEXT NOT NULL CHECK (kind IN ('shell', 'mailbox'))
) STRICT, WITHOUT ROWID;

CREATE TABLE address (
    address TEXT NOT NULL PRIMARY KEY,
    domain BLOB NOT NULL REFERENCES domain (id),
    inbox BLOB NOT NULL REFERENCES inbox (id),
    role TEXT NOT NULL CHECK (role IN ('primary', 'alias')),
    made_by TEXT NOT NULL CHECK (made_by IN ('administrator', 'self_service')),
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX address_by_domain ON address (domain);
CREATE INDEX address_by_inbox ON address (inbox);

CREATE TABLE shell_account (
    id BLOB NOT NULL PRIMARY KEY REFERENCES inbox (id),
    login TEXT NOT NULL UNIQUE,
    customer BLOB NOT NULL REFERENCES customer (id),
    uid INTEGER NOT NULL CHECK (uid BETWEEN 0 AND 4294967295),
    adopted INTEGER NOT NULL CHECK (adopted IN (0, 1)),
    disk_limit INTEGER CHECK (disk_limit >= 0),
    free_domain BLOB REFERENCES domain (id),
    standing TEXT NOT NULL CHECK (standing IN ('active', 'suspended')),
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX shell_account_by_customer ON shell_account (customer);
CREATE INDEX shell_account_by_free_domain ON shell_account (free_domain);

CREATE TABLE mailbox (
    id BLOB NOT NULL PRIMARY KEY REFERENCES inbox (id),
    address TEXT NOT NULL UNIQUE REFERENCES address (address),
    customer BLOB NOT NULL REFERENCES customer (id),
    shell BLOB REFERENCES shell_account (id),
    capacity INTEGER CHECK (capacity >= 0),
    valid_until TEXT,
    valid_ends INTEGER,
    standing TEXT NOT NULL CHECK (standing IN ('active', 'suspended')),
    created INTEGER NOT NULL,
    CHECK ((valid_until IS NULL) = (valid_ends IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX mailbox_by_customer ON mailbox (customer);
CREATE INDEX mailbox_by_shell ON mailbox (shell);

CREATE TABLE audit (
    place INTEGER NOT NULL PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    at INTEGER NOT NULL,
    actor_uid INTEGER NOT NULL,
    actor TEXT NOT NULL,
    acting_as TEXT NOT NULL,
    verb TEXT NOT NULL,
    subject TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL
) STRICT;

PRAGMA user_version = 1;
)sql";

// What the rules need beside the objects themselves. A table cannot be loosened in place: the domains go out
// and come back, with their keys checked at the commit (SQLite counts a broken one down when its row
// returns). Quarantine, removed and past_domain name what may have gone, and so refer to nothing.
constexpr Sql rules_and_sweeps = R"sql(
PRAGMA defer_foreign_keys = ON;

ALTER TABLE customer ADD COLUMN plan TEXT NOT NULL DEFAULT 'standard';
ALTER TABLE customer ADD COLUMN language TEXT NOT NULL DEFAULT 'pl' CHECK (language IN ('pl', 'en'));

CREATE TEMP TABLE domain_before AS SELECT id, name, customer, kind, state, token, created FROM main.domain;
DROP TABLE main.domain;
CREATE TABLE domain (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL UNIQUE,
    customer BLOB REFERENCES customer (id),
    kind TEXT NOT NULL CHECK (kind IN ('local', 'foreign', 'host')),
    state TEXT NOT NULL CHECK (state IN ('pending', 'active', 'suspended')),
    token TEXT NOT NULL,
    free_mailboxes INTEGER CHECK (free_mailboxes >= 0),
    created INTEGER NOT NULL,
    CHECK ((kind = 'host') = (customer IS NULL)),
    CHECK (kind <> 'host' OR state = 'active')
) STRICT, WITHOUT ROWID;
INSERT INTO domain (id, name, customer, kind, state, token, created)
    SELECT id, name, customer, kind, state, token, created FROM domain_before;
DROP TABLE domain_before;
CREATE INDEX domain_by_customer ON domain (customer);
CREATE UNIQUE INDEX one_host_domain ON domain (kind) WHERE kind = 'host';

ALTER TABLE shell_account ADD COLUMN self_service_aliases INTEGER CHECK (self_service_aliases >= 0);
ALTER TABLE shell_account ADD COLUMN free_mailboxes INTEGER CHECK (free_mailboxes >= 0);
ALTER TABLE shell_account ADD COLUMN language TEXT NOT NULL DEFAULT 'pl' CHECK (language IN ('pl', 'en'));

ALTER TABLE mailbox ADD COLUMN domain BLOB REFERENCES domain (id);
ALTER TABLE mailbox ADD COLUMN grace_days INTEGER CHECK (grace_days >= 0);
ALTER TABLE mailbox ADD COLUMN notice_days TEXT;
ALTER TABLE mailbox ADD COLUMN language TEXT NOT NULL DEFAULT 'pl' CHECK (language IN ('pl', 'en'));
UPDATE mailbox SET domain = (SELECT a.domain FROM address a WHERE a.address = mailbox.address);
CREATE INDEX mailbox_by_end ON mailbox (valid_ends, id);
CREATE INDEX mailbox_by_notice ON mailbox (notice_days) WHERE notice_days IS NOT NULL;
CREATE INDEX mailbox_by_domain ON mailbox (domain);
CREATE INDEX free_mailbox_by_domain ON mailbox (domain) WHERE shell IS NOT NULL;
CREATE INDEX free_mailbox_by_customer ON mailbox (customer) WHERE shell IS NOT NULL;

DROP INDEX address_by_inbox;
DROP INDEX address_by_domain;
CREATE INDEX address_by_inbox ON address (inbox, role, made_by);
CREATE INDEX address_by_domain ON address (domain, role);

CREATE TABLE host_name (
    name TEXT NOT NULL PRIMARY KEY,
    inbox BLOB NOT NULL UNIQUE REFERENCES inbox (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
    address TEXT NOT NULL PRIMARY KEY,
    customer BLOB NOT NULL CHECK (length(customer) = 16),
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX quarantine_by_until ON quarantine (until);

CREATE TABLE removed (
    inbox BLOB NOT NULL PRIMARY KEY CHECK (length(inbox) = 16),
    shell BLOB CHECK (length(shell) = 16),
    kind TEXT NOT NULL CHECK (kind IN ('shell', 'mailbox')),
    login TEXT NOT NULL,
    uid INTEGER NOT NULL CHECK (uid BETWEEN 0 AND 4294967295),
    removed INTEGER NOT NULL,
    purge_after INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX removed_by_shell ON removed (shell);
CREATE INDEX removed_by_time ON removed (removed, inbox);

CREATE TABLE past_domain (
    name TEXT NOT NULL,
    customer BLOB NOT NULL CHECK (length(customer) = 16),
    PRIMARY KEY (name, customer)
) STRICT, WITHOUT ROWID;

CREATE TABLE home_usage (
    shell BLOB NOT NULL PRIMARY KEY REFERENCES shell_account (id),
    used INTEGER NOT NULL CHECK (used >= 0),
    measured INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sweep (
    kind TEXT NOT NULL PRIMARY KEY CHECK (kind IN ('expiry', 'quota')),
    ended INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_by_time ON audit (at);
CREATE INDEX audit_by_subject ON audit (subject);
CREATE INDEX audit_by_actor ON audit (actor);
CREATE INDEX audit_by_acting_as ON audit (acting_as) WHERE acting_as <> '';

-- A host name for everybody who came before there were any: the log-in, or <local>.<first label>, cut to what
-- a local part may hold beside a number. A log-in has no dot, so the two kinds never meet. The oldest of
-- several keeps the bare name; where even the numbered one is taken, the id serves.
INSERT INTO host_name (name, inbox) SELECT login, id FROM shell_account;
CREATE TEMP TABLE name_before AS
    WITH parts AS (SELECT id, substr(address, 1, instr(address, '@') - 1) AS local,
                          substr(address, instr(address, '@') + 1) || '.' AS domain FROM mailbox),
         named AS (SELECT id, rtrim(substr(local || '.' || substr(domain, 1, instr(domain, '.') - 1), 1, 56),
                                    '.') AS base FROM parts)
    SELECT id, base, row_number() OVER (PARTITION BY base ORDER BY id) AS place FROM named;
INSERT INTO host_name (name, inbox) SELECT base, id FROM name_before WHERE place = 1;
INSERT OR IGNORE INTO host_name (name, inbox)
    SELECT base || '-' || place, id FROM name_before WHERE place > 1 ORDER BY id;
INSERT INTO host_name (name, inbox)
    SELECT 'm' || lower(hex(id)), id FROM mailbox WHERE id NOT IN (SELECT inbox FROM host_name);
DROP TABLE name_before;

PRAGMA user_version = 2;
)sql";

// A move refers to what it needs until it has ended. The history of switches has its order of arrival in its
// rowid, as the audit has; 0 is no generation.
constexpr Sql moves_and_switches = R"sql(
CREATE TABLE move (
    mailbox BLOB NOT NULL PRIMARY KEY REFERENCES mailbox (id),
    from_shell BLOB REFERENCES shell_account (id),
    to_shell BLOB REFERENCES shell_account (id),
    since INTEGER NOT NULL,
    closed INTEGER NOT NULL CHECK (closed IN (0, 1)),
    CHECK (from_shell IS NOT to_shell)
) STRICT, WITHOUT ROWID;
CREATE INDEX move_by_from ON move (from_shell);
CREATE INDEX move_by_to ON move (to_shell);

CREATE TABLE switch (
    place INTEGER NOT NULL PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    at INTEGER NOT NULL,
    from_generation INTEGER NOT NULL CHECK (from_generation >= 0),
    to_generation INTEGER NOT NULL CHECK (to_generation >= 0),
    actor_uid INTEGER NOT NULL,
    actor TEXT NOT NULL,
    acting_as TEXT NOT NULL,
    cause TEXT NOT NULL,
    reason TEXT NOT NULL,
    outcome TEXT NOT NULL,
    message TEXT NOT NULL,
    input TEXT NOT NULL
) STRICT;

PRAGMA user_version = 3;
)sql";

// Who may send how much, and as whom. NULL: the plan's number; 0: no limit.
constexpr Sql sending = R"sql(
ALTER TABLE domain ADD COLUMN protect_sender INTEGER NOT NULL DEFAULT 0 CHECK (protect_sender IN (0, 1));
ALTER TABLE shell_account ADD COLUMN messages_per_hour INTEGER CHECK (messages_per_hour >= 0);
ALTER TABLE shell_account ADD COLUMN messages_per_day INTEGER CHECK (messages_per_day >= 0);
ALTER TABLE mailbox ADD COLUMN messages_per_hour INTEGER CHECK (messages_per_hour >= 0);
ALTER TABLE mailbox ADD COLUMN messages_per_day INTEGER CHECK (messages_per_day >= 0);

PRAGMA user_version = 4;
)sql";

constexpr std::array<Sql, 4> steps{first_tables, rules_and_sweeps, moves_and_switches, sending};
constexpr sqlite::Migrations migrations{.what = "directory", .steps = steps};

} // namespace

const sqlite::Migrations& directory_migrations()
{
    return migrations;
}

} // namespace metka::directory
