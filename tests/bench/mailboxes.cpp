#include "tests/bench/mailboxes.h"

#include "tests/bench/names.h"

namespace metka::bench {

using namespace metka::directory;

namespace {

constexpr std::size_t mailboxes_a_batch = 1000;

} // namespace

Address address_of(std::size_t number)
{
    return must(Address::parse(seeded_address(number)));
}

Mailboxes::Mailboxes(Registry& registry, Instant now)
    : registry_(registry), now_(now), customer_(CustomerId::make(now))
{
    const Customer customer{.id = customer_, .name = "bench", .created = now_};
    change([&](Changes& changes) { return changes.add(customer); });
}

void Mailboxes::change(const std::function<Result<void>(Changes&)>& work)
{
    AuditEntry entry{.at = now_, .actor = "root", .verb = "bench"};
    must(registry_.change(entry, work));
}

void Mailboxes::add(std::size_t number)
{
    if (!batch_) batch_ = must(registry_.batch());
    const auto address = address_of(number);
    const Instant created =
        now_ + std::chrono::milliseconds(number); // ids grow with time, as they do in life
    change([&](Changes& changes) -> Result<void> {
        if (number % mailboxes_a_domain == 0) {
            const auto added = changes.add(Domain{.id = DomainId::make(created),
                                                  .name = address.domain(),
                                                  .customer = customer_,
                                                  .state = DomainState::active,
                                                  .created = created});
            if (!added) return added;
        }
        return changes.add(Mailbox{.id = InboxId::make(created),
                                   .address = address,
                                   .customer = customer_,
                                   .host_name = address.local(),
                                   .validity = Validity{.until = must(Date::parse("2099-12-31")),
                                                        .ends = now_ + std::chrono::milliseconds(number / 7)},
                                   .created = created});
    });
    if ((number + 1) % mailboxes_a_batch == 0) finish();
}

void Mailboxes::finish()
{
    if (!batch_) return;
    must(batch_->finish());
    batch_.reset();
}

} // namespace metka::bench
