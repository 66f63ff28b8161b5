#pragma once
// Somebody who hears a POP3 session, knows what lies in each inbox, and reads it slowly and plainly (RFC
// 1939, RFC 2449, RFC 2595, RFC 5034): which answer belongs to which line, and what it must say. Aborts where
// an answer is none of ours, where a message is not the one that was asked for to the last byte, or where
// somebody hears of a mailbox without its password.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace metka::fuzz {

void must(bool holds);

struct PopInbox {
    std::string password;
    std::vector<std::string> messages; // as on disk
    enum class Opens { all, to_read, nothing } opens = Opens::all;
};

class PopWitness {
  public:
    enum class Line { clear, tls };
    enum class World { sound, faulty }; // faulty: what can be refused for the moment may be
    struct Scene {
        std::map<std::string, PopInbox, std::less<>> inboxes;
        World world = World::sound;
        Line line = Line::tls;
        std::size_t line_most = 0;
        std::size_t auth_line_most = 0;
    };
    PopWitness(Scene scene, std::string heard); // all of it, from the greeting on

    void follow(std::string_view said); // in one go
    void tls_begins();                  // the handshake is over
    void nothing_more();                // all that was heard has its place
    // Of the inbox that was opened, from 0, if QUIT was heard. Those may be removed, and no others.
    const std::vector<std::size_t>& to_remove() const { return to_remove_; }
    const std::string& opened() const { return opened_; } // whose inbox; empty: none

  private:
    struct Said {
        std::string text;
        bool is_broken = false;
        std::string_view verb() const;
        std::string_view arguments() const; // behind one space
        std::vector<std::string_view> words() const;
    };
    enum class State { clear, handshake, authorization, transaction, over };

    std::optional<Said> take_said(std::size_t most);
    std::optional<std::string> take_line(); // heard, without CRLF
    std::optional<std::vector<std::string>> take_list();
    bool take_status(); // false: the connection has ended without a word
    bool is_ok() const { return status_.starts_with("+OK"); }
    void command(const Said& said);
    void authorize(const Said& said);
    void auth(const Said& said);
    void log_in(std::string_view name, std::string_view password);
    void obey(const Said& said);
    void list(const Said& said);
    void message(const Said& said);
    void quit();
    void capabilities();
    void refused(const Said& said);
    const PopInbox& inbox() const { return scene_.inboxes.find(opened_)->second; }
    bool has(std::uint64_t number) const;
    std::uint64_t octets(std::uint64_t number) const;
    std::string totals() const;

    Scene scene_;
    std::string heard_;
    std::size_t next_ = 0; // in heard_
    std::string_view said_;
    std::size_t at_ = 0; // in said_
    State state_ = State::authorization;
    std::string status_; // the first line of the last answer
    std::string user_;
    std::string opened_;
    std::vector<bool> marks_;
    std::vector<std::size_t> to_remove_;
};

} // namespace metka::fuzz
