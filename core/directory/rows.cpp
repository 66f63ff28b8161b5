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
constexpr std::array kinds{DomainKind::local, DomainKind::host, DomainKind::foreign};
constexpr std::array states{DomainState::pending, DomainState::active, DomainState::suspended};
constexpr std::array makers{MadeBy::administrator, MadeBy::self_service};

template <class Value>
std::unexpected<Error> damaged(std::string_view what, const Result<Value>& why)
{
    return fail(Fault::io, "a {} in the directory database is damaged: {}", what, why.error().text);
}

Result<std::optional<Validity>> read_validity(const sqlite::Rows& row, int until, int ends)
{
    if (row.is_null(until)) return std::nullopt;
    const auto day = Date::parse(row.text(until));
    if (!day) return damaged("mailbox", day);
    return Validity{.until = *day, .ends = read_instant(row, ends)};
}

Result<std::optional<NoticeDays>> read_notice_days(const sqlite::Rows& row, int column)
{
    if (row.is_null(column)) return std::nullopt;
    auto days = parse_notice_days(row.text(column));
    if (!days) return damaged("mailbox", days);
    return std::move(*days);
}

} // namespace

std::optional<std::uint64_t> read_number(const sqlite::Rows& row, int column)
{
    if (row.is_null(column)) return std::nullopt;
    return static_cast<std::uint64_t>(row.number(column));
}

Instant read_instant(const sqlite::Rows& row, int column)
{
    return from_unix_ms(row.number(column));
}

Language read_language(const sqlite::Rows& row, int column)
{
    return language_named(row.text(column)).value_or(Language::polish);
}

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
                    .plan = row.text(4),
                    .language = read_language(row, 5),
                    .standing = read_word(row, 6, standings),
                    .created = read_instant(row, 7)};
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
                  .free_mailboxes = read_number(row, 6),
                  .protects_sender = row.number(7) == 1,
                  .created = read_instant(row, 8)};
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
                        .self_service_aliases = read_number(row, 7),
                        .free_mailboxes = read_number(row, 8),
                        .messages_per_hour = read_number(row, 9),
                        .messages_per_day = read_number(row, 10),
                        .language = read_language(row, 11),
                        .standing = read_word(row, 12, standings),
                        .created = read_instant(row, 13)};
}

Result<Mailbox> read_mailbox(const sqlite::Rows& row)
{
    auto address = Address::parse(row.text(1));
    if (!address) return damaged("mailbox", address);
    const auto validity = read_validity(row, 6, 7);
    if (!validity) return pass(validity);
    auto notice_days = read_notice_days(row, 9);
    if (!notice_days) return pass(notice_days);
    return Mailbox{.id = InboxId(row.id(0)),
                   .address = std::move(*address),
                   .customer = CustomerId(row.id(2)),
                   .shell = read_optional_id<InboxId>(row, 3),
                   .host_name = row.text(4),
                   .capacity = read_capacity(row, 5),
                   .validity = *validity,
                   .grace_days = read_number(row, 8),
                   .notice_days = std::move(*notice_days),
                   .messages_per_hour = read_number(row, 10),
                   .messages_per_day = read_number(row, 11),
                   .language = read_language(row, 12),
                   .standing = read_word(row, 13, standings),
                   .created = read_instant(row, 14)};
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

Result<Quarantine> read_quarantine(const sqlite::Rows& row)
{
    auto address = Address::parse(row.text(0));
    if (!address) return damaged("quarantine", address);
    return Quarantine{
        .address = std::move(*address), .customer = CustomerId(row.id(1)), .until = read_instant(row, 2)};
}

Result<Removed> read_removed(const sqlite::Rows& row)
{
    return Removed{.id = InboxId(row.id(0)),
                   .shell = read_optional_id<InboxId>(row, 1),
                   .is_shell = row.number(2) == 1,
                   .uid = static_cast<std::uint32_t>(row.number(6)),
                   .login = row.text(3),
                   .removed = read_instant(row, 4),
                   .purge_after = read_instant(row, 5)};
}

Result<Move> read_move(const sqlite::Rows& row)
{
    return Move{.mailbox = InboxId(row.id(0)),
                .from = read_optional_id<InboxId>(row, 1),
                .to = read_optional_id<InboxId>(row, 2),
                .since = read_instant(row, 3),
                .closed = row.number(4) == 1};
}

Result<SwitchEntry> read_switch(const sqlite::Rows& row)
{
    return SwitchEntry{.id = SwitchId(row.id(0)),
                       .at = read_instant(row, 1),
                       .from = static_cast<std::uint64_t>(row.number(2)),
                       .to = static_cast<std::uint64_t>(row.number(3)),
                       .actor_uid = static_cast<std::uint32_t>(row.number(4)),
                       .actor = row.text(5),
                       .acting_as = row.text(6),
                       .cause = row.text(7),
                       .reason = row.text(8),
                       .outcome = row.text(9),
                       .message = row.text(10),
                       .input = row.text(11)};
}

} // namespace metka::directory
