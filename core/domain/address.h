#pragma once
// A mail address that can be provisioned here (DOMAIN rule 1): `local@domain`, in lower case.

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/domain/domain_name.h"

namespace metka {

class Address {
  public:
    // What an administrator or a user types: local part of 1–64 of `a-z 0-9 . _ -`, no dot first, last or
    // doubled.
    static Result<Address> parse(std::string_view);

    // What a peer says in RCPT or a client in a log-in: also folds `user+tag@d` to `user@d`. No value: no
    // address of this form can exist here, so it need not be looked for.
    static std::optional<Address> of_recipient(std::string_view local, std::string_view domain);

    const std::string& local() const { return local_; }
    const DomainName& domain() const { return domain_; }
    std::string text() const { return local_ + "@" + domain_.text(); } // as stored
    std::string show() const { return local_ + "@" + domain_.show(); } // as people read it

    auto operator<=>(const Address&) const = default;

  private:
    Address(std::string local, DomainName domain) : local_(std::move(local)), domain_(std::move(domain)) {}
    std::string local_;
    DomainName domain_;
};

} // namespace metka
