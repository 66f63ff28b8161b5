#include "core/directory/rows.h"

#include <array>

namespace metka::directory {

namespace {

// The schema's CHECK admits these words only.
template <class Enum, std::size_t Size>
Enum read_word(const sqlite::Rows& row, int column, const std::array<Enum, Size>& all)
{
    const auto word = row.text(column);
    for (const auto each : all)
        if (name(each) == word) return each;
    return all.back();
}

// The last of each list is the careful one.
constexpr std::array standings{Standing::active, Standing::suspended};
constexpr std::array kinds{DomainKind::local, DomainKind::foreign};
constexpr std::array states{DomainState::pending, DomainState::active, DomainState::suspended};
constexpr std::array makers{MadeBy::administrator, MadeBy::self_service};

template <class Value>
std::unexpected<Error> damaged(std::string_view what, const Result<Value>& why)
{
    return fail(Fault::io, "a {} in the directory database is damaged: {}", what, why.error().text);
}

Instant read_instant(const sqlite::Rows& row, int column)
{
    return from_unix_ms(row.number(column));
}

} // namespace

DomainState read_domain_state(const sqlite::Rows& row, int column)
{
    return read_word(row, column, states);
}

Capacity read_capacity(const sqlite::Rows& row, int column)
{
    if (row.is_null(column)) return std::nullopt;
    return Bytes{static_cast<std::uint64_t>(row.number(column))};
}

Result<Customer> read_customer(const sqlite::Rows& row)
{
    return Customer{.id = CustomerId(row.id(0)),
                    .name = row.text(1),
                    .title = row.text(2),
                    .contact = row.text(3),
                    .standing = read_word(row, 4, standings),
                    .created = read_instant(row, 5)};
}

Result<Domain> read_domain(const sqlite::Rows& row)
{
    auto domain_name = DomainName::parse(row.text(1));
    if (!domain_name) return damaged("domain", domain_name);
    return Domain{.id = DomainId(row.id(0)),
                  .name = std::move(*domain_name),
                  .customer = CustomerId(row.id(2)),
                  .kind = read_word(row, 3, kinds),
                  .state = read_domain_state(row, 4),
                  .token = row.text(5),
                  .created = read_instant(row, 6)};
}

Result<ShellAccount> read_shell_account(const sqlite::Rows& row)
{
    return ShellAccount{.id = InboxId(row.id(0)),
                        .login = row.text(1),
                        .customer = CustomerId(row.id(2)),
                        .uid = static_cast<std::uint32_t>(row.number(3)),
                        .adopted = row.number(4) == 1,
                        .disk_limit = read_capacity(row, 5),
                        .free_domain = read_optional_id<DomainId>(row, 6),
                        .standing = read_word(row, 7, standings),
                        .created = read_instant(row, 8)};
}

Result<Mailbox> read_mailbox(const sqlite::Rows& row)
{
    auto address = Address::parse(row.text(1));
    if (!address) return damaged("mailbox", address);
    std::optional<Validity> validity;
    if (!row.is_null(5)) {
        const auto until = Date::parse(row.text(5));
        if (!until) return damaged("mailbox", until);
        validity = Validity{.until = *until, .ends = read_instant(row, 6)};
    }
    return Mailbox{.id = InboxId(row.id(0)),
                   .address = std::move(*address),
                   .customer = CustomerId(row.id(2)),
                   .shell = read_optional_id<InboxId>(row, 3),
                   .capacity = read_capacity(row, 4),
                   .validity = validity,
                   .standing = read_word(row, 7, standings),
                   .created = read_instant(row, 8)};
}

Result<Alias> read_alias(const sqlite::Rows& row)
{
    auto address = Address::parse(row.text(0));
    if (!address) return damaged("alias", address);
    return Alias{.address = std::move(*address),
                 .inbox = InboxId(row.id(1)),
                 .made_by = read_word(row, 2, makers),
                 .created = read_instant(row, 3)};
}

Result<AuditEntry> read_audit(const sqlite::Rows& row)
{
    return AuditEntry{.at = read_instant(row, 0),
                      .actor_uid = static_cast<std::uint32_t>(row.number(1)),
                      .actor = row.text(2),
                      .acting_as = row.text(3),
                      .verb = row.text(4),
                      .subject = row.text(5),
                      .before = row.text(6),
                      .after = row.text(7)};
}

} // namespace metka::directory
