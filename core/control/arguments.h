#pragma once
// The parameters of one request, read once against the table: what a handler gets has the right type and
// passed its parser, and what the table requires is there.

#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/bytes.h"
#include "core/base/secret.h"
#include "core/control/json.h"
#include "core/control/verbs.h"
#include "core/domain/address.h"
#include "core/domain/domain_name.h"

namespace metka::control {

// Type::inbox: a mailbox's address, or a shell account's login.
using InboxName = std::variant<Address, std::string>;

// Type::date: relative dates need today, which only metkad knows. “none”: no end.
struct DateText {
    std::string text;
};

using Value = std::variant<bool, std::string, Address, DomainName, Capacity, InboxName, DateText, Secret>;

class Arguments {
  public:
    // Takes the `params` of a request. Refused (invalid, with the field): a name the table does not have,
    // with the nearest it has; a value of another type; a value its parser refuses; a required one that is
    // missing.
    static Result<Arguments> read(const Verb& verb, Json params);

    // By name and as the type that the table's Type becomes: text, name, login, contact and choice are
    // std::string.
    template <class T>
    const T* find(std::string_view name) const
    {
        const auto found = values_.find(name);
        return found == values_.end() ? nullptr : std::get_if<T>(&found->second);
    }
    // Only for what the table requires.
    template <class T>
    const T& get(std::string_view name) const
    {
        return std::get<T>(values_.find(name)->second);
    }
    bool flag(std::string_view name) const;
    Secret take_secret(std::string_view name); // empty if not given
    bool has(std::string_view name) const { return values_.contains(name); }

  private:
    std::map<std::string, Value, std::less<>> values_;
};

} // namespace metka::control
