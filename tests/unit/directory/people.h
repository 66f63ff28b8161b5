#pragma once
// The people every test of the directory knows: customer firma with a domain of its own, the shell account
// anna, her free mailbox biuro, the paid mailbox sklep, and aliases to both kinds.

#include "core/directory/directory.h"

namespace metka::directory {

inline const Instant noon = from_unix_ms(1'800'000'000'000);

inline Address address(std::string_view text)
{
    return Address::parse(text).value();
}

inline AuditEntry by_root(std::string verb)
{
    return {.at = noon, .actor_uid = 0, .actor = "root", .verb = std::move(verb), .subject = "firma"};
}

struct People {
    Customer firma{.id = CustomerId::make(noon),
                   .name = "firma",
                   .title = "Moja Firma",
                   .contact = "a@example.org",
                   .created = noon};
    Domain domain{.id = DomainId::make(noon),
                  .name = DomainName::parse("moja-firma.lublin.pl").value(),
                  .customer = firma.id,
                  .kind = DomainKind::local,
                  .state = DomainState::active,
                  .token = "t0k3n",
                  .created = noon};
    ShellAccount anna{.id = InboxId::make(noon),
                      .login = "anna",
                      .customer = firma.id,
                      .uid = 1001,
                      .disk_limit = 500_MiB,
                      .free_domain = domain.id,
                      .created = noon};
    Mailbox biuro{.id = InboxId::make(noon),
                  .address = address("biuro@moja-firma.lublin.pl"),
                  .customer = firma.id,
                  .shell = anna.id,
                  .host_name = "biuro.moja-firma",
                  .capacity = 50_MiB,
                  .validity = Validity{.until = Date::parse("2027-12-31").value(), .ends = noon},
                  .created = noon};
    Mailbox sklep{.id = InboxId::make(noon),
                  .address = address("sklep@moja-firma.lublin.pl"),
                  .customer = firma.id,
                  .host_name = "sklep.moja-firma",
                  .created = noon};
    Alias info{.address = address("info@moja-firma.lublin.pl"),
               .inbox = anna.id,
               .made_by = MadeBy::self_service,
               .created = noon};
    Alias marketing{.address = address("marketing@moja-firma.lublin.pl"), .inbox = biuro.id, .created = noon};

    Result<void> move_in(Registry& registry) const
    {
        AuditEntry entry = by_root("demo");
        return registry.change(entry, [this](Changes& changes) { return add_all(changes); });
    }

  private:
    Result<void> add_all(Changes& changes) const
    {
        for (const auto& done :
             {changes.add(firma), changes.add(domain), changes.add(anna), changes.add(biuro),
              changes.add(sklep), changes.add(info), changes.add(marketing)})
            if (!done) return done;
        return {};
    }
};

} // namespace metka::directory
