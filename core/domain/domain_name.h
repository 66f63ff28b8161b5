#pragma once
// A DNS domain name, checked and folded (IDNA 2008 non-transitional, RFC 5891; lengths RFC 1035 §2.3.4).

#include <compare>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace metka {

class DomainName {
  public:
    // Takes U-labels or A-labels in any case, at least two labels, no final dot.
    static Result<DomainName> parse(std::string_view);

    const std::string& text() const { return text_; } // lower case, A-labels: what is stored and compared
    std::string show() const;                         // U-labels: what people read
    bool is_direct_child_of(const DomainName& zone) const;

    auto operator<=>(const DomainName&) const = default;

  private:
    explicit DomainName(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

} // namespace metka
