#pragma once
// Engine frames: how Metka's programs talk (DESIGN §1). One request is one SEQPACKET packet of at most 64 KiB
// with at most two descriptors. A message type declares its fields once:
//
//     struct Open { static constexpr std::uint16_t kind = 0x0201; InboxId inbox; Bytes promised;
//                   void fields(auto& each) { each(inbox); each(promised); } };
//
// and encode()/decode() do both directions. One with mail in it says `holds_mail = true`, and has that last:
// then nothing large moves while a frame grows. On the wire each field is a type byte and its value: 'n' 8
// bytes big endian; 't' 4-byte length and bytes; 'i' 16 bytes of an id; 'l' 4-byte count of the values that
// follow. What is decoded was checked: types, lengths, count, nothing left over.

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/clock.h"
#include "core/base/id.h"
#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/sys/descriptor.h"

namespace metka::sys {

struct Frame {
    static constexpr std::size_t most_bytes = 64 * 1024;
    static constexpr std::size_t most_descriptors = 2;

    std::uint32_t number = 0; // of the request; an answer carries its request's
    std::uint16_t kind = 0;   // which message; 0: an Error as the answer
    bool answer = false;
    bool holds_mail = false; // and no password
    std::string body;
    std::array<Descriptor, most_descriptors> descriptors;
    bool lacks_descriptors = false; // received: it came with more of them than this process may open

    bool fits() const; // on a wire

    Frame() = default;
    Frame(Frame&&) noexcept = default;
    Frame& operator=(Frame&&) noexcept = default;
    ~Frame()
    {
        if (!holds_mail) wipe(body); // passwords travel in frames
    }
};

// What one recvmsg or sendmsg came to.
enum class Passed {
    whole,  // one frame
    later,  // would block, or the kernel is out of room for now: wait and repeat
    closed, // the peer has gone
    broken, // the peer broke the rules (truncated, too large, too many descriptors): close the wire
};

Passed send_frame(int socket, const Frame&); // the descriptors stay open here
Passed receive_frame(int socket, Frame&);

struct WirePair {
    Descriptor one, other;
};
Result<WirePair> make_wire(); // two ends, non-blocking, close-on-exec

class FieldWriter {
  public:
    explicit FieldWriter(std::string& out) : out_(out) {}
    void operator()(std::uint64_t);
    void operator()(std::string_view);
    void operator()(const Id&);
    void operator()(const Secret& secret) { (*this)(secret.reveal()); }
    void operator()(const std::string& text) { (*this)(std::string_view(text)); }
    void operator()(Bytes bytes) { (*this)(bytes.count); }
    void operator()(Instant instant) { (*this)(static_cast<std::uint64_t>(to_unix_ms(instant))); }
    template <class Number>
        requires(std::is_enum_v<Number> || std::is_same_v<Number, bool> ||
                 std::is_same_v<Number, std::uint32_t>)
    void operator()(Number number)
    {
        (*this)(static_cast<std::uint64_t>(number));
    }
    template <class Value>
    void operator()(const std::vector<Value>& values)
    {
        count(values.size());
        for (const auto& value : values)
            element(value);
    }

  private:
    void count(std::size_t);
    template <class Value>
    void element(const Value& value)
    {
        if constexpr (requires(Value& v, FieldWriter& w) { v.fields(w); })
            const_cast<Value&>(value).fields(
                *this); // fields() serves both directions; writing changes nothing
        else
            (*this)(value);
    }
    std::string& out_;
};

class FieldReader {
  public:
    explicit FieldReader(std::string_view in) : in_(in) {}
    void operator()(std::uint64_t&);
    void operator()(std::string&);
    void operator()(Id&);
    void operator()(Secret&);
    void operator()(Bytes& bytes) { (*this)(bytes.count); }
    void operator()(Instant&);
    void operator()(bool&);
    void operator()(std::uint32_t&);
    // An enum travels as its number and must be below its `count_` (or whatever its last enumerator is
    // named).
    template <class Enum>
        requires(std::is_enum_v<Enum>)
    void operator()(Enum& value)
    {
        std::uint64_t number = 0;
        (*this)(number);
        if (number >= static_cast<std::uint64_t>(Enum::count_)) return fault("a value outside its set");
        value = static_cast<Enum>(number);
    }
    template <class Value>
    void operator()(std::vector<Value>& values)
    {
        const auto n = count();
        for (std::size_t i = 0; i < n && ok(); ++i) {
            Value value{};
            if constexpr (requires(Value& v, FieldReader& r) { v.fields(r); })
                value.fields(*this);
            else
                (*this)(value);
            if (ok()) values.push_back(std::move(value));
        }
    }

    bool ok() const { return fault_.empty(); }
    Result<void> finish(); // the first fault met, or bytes left over

  private:
    std::string_view take(char type, std::size_t size);
    std::size_t count();
    void fault(std::string_view what);
    std::string_view in_;
    std::string fault_;
};

// What decode() says of a frame that is not what it must be. Such a fault ends the wire it came over,
// wherever the handler of that wire gives it back; it never comes from a peer.
bool is_bad_frame(const Error&);
std::unexpected<Error> bad_frame(std::string_view what);

template <class Message>
Frame encode(const Message& message)
{
    Frame frame;
    frame.kind = Message::kind;
    frame.holds_mail = requires { requires Message::holds_mail; };
    FieldWriter writer(frame.body);
    const_cast<Message&>(message).fields(writer); // fields() serves both directions; writing changes nothing
    return frame;
}

template <class Message>
Result<Message> decode(const Frame& frame)
{
    Message message{};
    if (frame.kind != Message::kind)
        return bad_frame(fmt::format("kind {:#06x} where {:#06x} belongs", frame.kind, Message::kind));
    FieldReader reader(frame.body);
    message.fields(reader);
    const auto whole = reader.finish();
    if (!whole) return pass(whole);
    return message;
}

Frame encode_error(const Error&);
Error decode_error(const Frame&);

} // namespace metka::sys
