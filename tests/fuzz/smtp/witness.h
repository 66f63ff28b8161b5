#pragma once
// Somebody who hears an SMTP session and reads it slowly and plainly (RFC 5321, RFC 3030, RFC 3207, RFC
// 4954): where each command ends, which reply answers it, what a message that was accepted held. Aborts where
// a reply is none of ours, answers nothing, or lets through what no state of the session allows.
//
// Smuggling is impossible exactly if this reading and the session's are one: each line is answered once, and
// no byte of a message is answered at all.

#include <string>
#include <string_view>
#include <vector>

namespace metka::fuzz {

void must(bool holds);

struct SmtpLine { // of what was said
    std::string text;
    enum class Fault { none, broken, too_long } fault = Fault::none;
};

// A message that got its 250.
struct AcceptedMail {
    std::string text;                    // with LF, as it was sent
    std::string mail;                    // the arguments of MAIL
    std::vector<std::string> recipients; // the arguments of each RCPT that was accepted
    std::string helo;
    std::string protocol; // of the Received field
    bool logged_in = false;
};

class SmtpWitness {
  public:
    struct Door {
        bool tls_at_once = false;
        bool login_required = false;
        std::size_t line = 0;       // limits
        std::size_t login_line = 0; // in bytes
    };
    SmtpWitness(Door door, std::vector<std::string> heard); // all lines, from the greeting on

    void follow(std::string_view said); // in one go
    void tls_begins();                  // the handshake is over
    void nothing_more();                // all that was heard has its place
    const std::vector<AcceptedMail>& accepted() const { return accepted_; }

  private:
    enum class Greeting { none, helo, ehlo };
    struct Reply {
        int code = 0;
        std::string text; // of its last line, without a receipt
        std::size_t lines = 0;
    };

    bool has_reply() const { return next_ < heard_.size(); }
    Reply take_reply();
    void check_line(const std::string& line, int code) const;
    std::string_view rest() const { return said_.substr(at_); }
    bool take_line(SmtpLine& line, std::size_t most);
    void command(const SmtpLine& line);
    void broken(const SmtpLine& line);
    void obeyed(std::string_view verb, std::string_view arguments, const Reply& reply);
    void greeted(Greeting greeting, std::string_view name);
    void auth(std::string_view arguments, Reply reply);
    void data();
    void bdat(std::string_view arguments);
    void end_of_message(const Reply& reply, bool is_broken, std::string text);
    void forget_transaction();
    std::string protocol() const;

    Door door_;
    std::vector<std::string> heard_;
    std::size_t next_ = 0; // in heard_
    std::string_view said_;
    std::size_t at_ = 0; // in said_
    bool is_over_ = false;
    bool is_tls_ = false;
    bool is_handshaking_ = false;
    bool is_logged_in_ = false;
    Greeting greeting_ = Greeting::none;
    std::string helo_;
    bool has_mail_ = false;
    std::string mail_;
    std::vector<std::string> recipients_;
    bool has_chunks_ = false;
    std::string chunks_;
    std::vector<AcceptedMail> accepted_;
};

} // namespace metka::fuzz
