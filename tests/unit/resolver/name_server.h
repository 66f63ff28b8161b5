#pragma once
// A name server on a port of the loopback, whose answers are written down beforehand.

#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/sys/descriptor.h"

namespace metka::resolver::test {

// What is said of one name and type.
struct Said {
    int code = 0;                       // RCODE
    std::vector<std::string> data = {}; // of each record, in wire format
};

std::string wire_name(std::string_view name);
std::string mx(int preference, std::string_view host);
std::string txt(const std::vector<std::string>& strings);

class NameServer {
  public:
    using Question = std::pair<std::string, int>; // name in lower case, type
    // Whatever stands in neither is NXDOMAIN.
    explicit NameServer(std::map<Question, Said> answers);
    ~NameServer();
    NameServer(const NameServer&) = delete;
    NameServer& operator=(const NameServer&) = delete;

    std::string address() const;                                      // "127.0.0.1@12345"
    bool was_told_not_to_check() const { return checking_disabled_; } // a question had the CD bit (RFC 4035)

  private:
    void serve();
    std::optional<std::string> answer(std::string_view question);
    std::map<Question, Said> answers_;
    sys::Descriptor socket_;
    bool checking_disabled_ = false;
    std::thread thread_;
};

} // namespace metka::resolver::test
