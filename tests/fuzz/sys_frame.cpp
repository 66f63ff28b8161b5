// Any bytes as a frame: decoded, a message holds what is on the wire and nothing else; refused, it is a bad
// frame. The first byte says which message.

#include <cstdlib>
#include <string_view>

#include "core/sys/frame.h"

using namespace metka;
using namespace metka::sys;

namespace {

enum class Colour { red, green, blue, count_ };

struct Numbers {
    static constexpr std::uint16_t kind = 1;
    std::uint64_t number = 0;
    std::uint32_t small = 0;
    bool truth = false;
    Colour colour = Colour::red;
    Bytes size;
    void fields(auto& each) { each(number), each(small), each(truth), each(colour), each(size); }
};

struct Texts {
    static constexpr std::uint16_t kind = 2;
    std::string text;
    Id id;
    Secret secret;
    Instant when;
    void fields(auto& each) { each(text), each(id), each(secret), each(when); }
};

struct Item {
    std::string name;
    std::vector<Id> ids;
    void fields(auto& each) { each(name), each(ids); }
};

struct Lists {
    static constexpr std::uint16_t kind = 3;
    std::vector<std::string> words;
    std::vector<Item> items;
    void fields(auto& each) { each(words), each(items); }
};

void require(bool holds)
{
    if (!holds) std::abort();
}

template <class Message>
void check(std::string_view body)
{
    Frame frame;
    frame.kind = Message::kind;
    frame.body = body;
    const auto message = decode<Message>(frame);
    if (!message) return require(is_bad_frame(message.error()));
    require(encode(*message).body == body);
    frame.body += 'n';
    require(!decode<Message>(frame));
    frame.body.resize(body.size());
    while (!frame.body.empty()) { // cut anywhere, it is not whole
        frame.body.resize(frame.body.size() * 3 / 4);
        require(!decode<Message>(frame));
    }
    frame.body = body;
    frame.kind = Message::kind + 1;
    require(!decode<Message>(frame));
}

void check_error(std::string_view body)
{
    Frame frame;
    frame.body = body;
    const auto error = decode_error(frame);
    require(error.fault <= Fault::internal && !is_bad_frame(error));
    const auto again = decode_error(encode_error(error));
    require(again.fault == error.fault && error.text.starts_with(again.text) &&
            error.field.starts_with(again.field));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    constexpr std::array checks{check<Numbers>, check<Texts>, check<Lists>, check_error};
    if (size == 0) return 0;
    const std::string_view body(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    checks[bytes[0] % checks.size()](body);
    return 0;
}
