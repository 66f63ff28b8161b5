#pragma once
// The client of a dialogue: lines over a socket, in the clear or under TLS, while an event loop is pumped.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/sys/descriptor.h"

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace metka::dialogues {

class Client {
  public:
    Client(sys::Descriptor socket, std::function<void()> pump);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    bool send(std::string_view bytes);      // false: the server has gone
    std::optional<std::string> read_line(); // without CRLF; none: there will be no more
    void unread(const std::string& line);   // the next read_line() gives it again
    bool start_tls();                       // whoever the server is: tests make their own certificates
    void end_tls();                         // says close_notify, and then something in the clear
    bool is_closed();                       // the server has closed and left nothing unread
    std::string_view waiting() const { return input_; }

  private:
    enum class Moved { some, wait, closed };
    Moved receive();
    Moved transmit(std::string_view& bytes);
    bool wait_for_more(); // pumps; false: nothing came

    struct FreedTls {
        void operator()(SSL* tls) const;
        void operator()(SSL_CTX* context) const;
    };
    sys::Descriptor socket_;
    std::function<void()> pump_;
    std::unique_ptr<SSL_CTX, FreedTls> context_;
    std::unique_ptr<SSL, FreedTls> tls_;
    std::string input_;
    bool closed_ = false;
};

} // namespace metka::dialogues
