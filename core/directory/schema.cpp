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

constexpr std::array<Sql, 1> steps{first_tables};
constexpr sqlite::Migrations migrations{.what = "directory", .steps = steps};

} // namespace

const sqlite::Migrations& directory_migrations()
{
    return migrations;
}

} // namespace metka::directory
