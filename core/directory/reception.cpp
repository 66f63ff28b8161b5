#include "core/directory/reception.h"

namespace metka::directory {

namespace {

using Found = Result<std::optional<RecipientRecord>>;

Result<Reception> as_reception(Found found)
{
    if (!found) return pass(found);
    return Reception{.record = std::move(*found), .is_for_operator = false};
}

// A local part that nobody can have: is at least the domain ours?
Found domain_alone(Directory& directory, std::string_view domain)
{
    const auto somebody = Address::of_recipient("postmaster", domain);
    if (!somebody) return std::nullopt;
    auto found = directory.recipient(*somebody);
    if (found && *found) (*found)->inbox.reset();
    return found;
}

Found inbox_of_operator(Directory& directory, const std::optional<Address>& operator_inbox)
{
    return operator_inbox ? directory.recipient(*operator_inbox) : Found(RecipientRecord{});
}

bool is_for_operator(const RecipientRecord& record, const Address& address)
{
    return !record.inbox && record.domain == DomainState::active &&
           (address.local() == "postmaster" || address.local() == "abuse");
}

} // namespace

Result<Reception> receive(Directory& directory, const RecipientName& name,
                          const std::optional<Address>& operator_inbox)
{
    if (name.domain.starts_with('[')) return Reception{}; // an address literal
    if (name.domain.empty()) return as_reception(inbox_of_operator(directory, operator_inbox));
    const auto address = Address::of_recipient(name.local, name.domain);
    if (!address) return as_reception(domain_alone(directory, name.domain));
    auto found = directory.recipient(*address);
    if (!found || !*found || !is_for_operator(**found, *address)) return as_reception(std::move(found));
    auto of_operator = inbox_of_operator(directory, operator_inbox);
    if (!of_operator || !*of_operator) return as_reception(std::move(found));
    return Reception{.record = std::move(*of_operator), .is_for_operator = true};
}

policy::RecipientFacts facts_of(const std::optional<RecipientRecord>& record)
{
    policy::RecipientFacts facts;
    if (!record) return facts;
    facts.domain = record->domain;
    if (record->inbox)
        facts.inbox = policy::InboxFacts{
            .standing = record->inbox->suspended ? Standing::suspended : Standing::active,
            .valid_ends = record->inbox->valid_ends,
        };
    return facts;
}

} // namespace metka::directory
