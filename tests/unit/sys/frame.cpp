#include "core/sys/frame.h"

#include <cstring>
#include <filesystem>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace metka;
using namespace metka::sys;

namespace {

struct Inbox;
using InboxId = IdOf<Inbox>;

enum class Colour { red, green, blue, count_ };

struct Item {
    std::string name;
    std::uint64_t octets = 0;
    void fields(auto& each) { each(name), each(octets); }
    bool operator==(const Item&) const = default;
};

struct Everything {
    static constexpr std::uint16_t kind = 0x7001;
    std::uint64_t number = 0;
    std::uint32_t small = 0;
    bool truth = false;
    Colour colour = Colour::red;
    Bytes size;
    Instant when;
    std::string text;
    Id id;
    InboxId inbox;
    std::vector<std::string> words;
    std::vector<InboxId> inboxes;
    std::vector<Item> items;
    void fields(auto& each)
    {
        each(number), each(small), each(truth), each(colour), each(size), each(when), each(text), each(id);
        each(inbox), each(words), each(inboxes), each(items);
    }
    bool operator==(const Everything&) const = default;
};

struct Hidden {
    static constexpr std::uint16_t kind = 0x7002;
    Secret secret;
    void fields(auto& each) { each(secret); }
};

const Instant noon = from_unix_ms(1'800'000'000'000);

Everything full()
{
    return {.number = UINT64_MAX,
            .small = UINT32_MAX,
            .truth = true,
            .colour = Colour::blue,
            .size = 5_GiB,
            .when = noon,
            .text = std::string("zażółć\0\r\n", 12),
            .id = Id::make(noon),
            .inbox = InboxId::make(noon),
            .words = {"", "one", std::string(300, 'x')},
            .inboxes = {InboxId::make(noon), InboxId::make(noon)},
            .items = {{"a", 1}, {"b", 2}}};
}

bool is_in_its_set(const Everything& message)
{
    const auto colour = static_cast<unsigned>(message.colour);
    unsigned char truth = 0;
    std::memcpy(&truth, &message.truth, 1);
    return colour < static_cast<unsigned>(Colour::count_) && truth <= 1;
}

Frame with_body(std::string body)
{
    Frame frame;
    frame.kind = Everything::kind;
    frame.body = std::move(body);
    return frame;
}

std::size_t open_descriptors()
{
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

std::string number_field(std::uint64_t number)
{
    std::string out;
    FieldWriter writer(out);
    writer(number);
    return out;
}

template <class Value>
struct Only {
    static constexpr std::uint16_t kind = Everything::kind;
    Value value{};
    void fields(auto& each) { each(value); }
};

} // namespace

TEST_CASE("every type of field comes back as it was sent, full and empty")
{
    for (const auto& message : {full(), Everything{}}) {
        const auto back = decode<Everything>(encode(message));
        REQUIRE(back);
        CHECK(*back == message);
    }
    const auto secret = decode<Hidden>(encode(Hidden{Secret("pa55")}));
    REQUIRE(secret);
    CHECK(secret->secret.reveal() == "pa55");
}

TEST_CASE("fields look on the wire as the header says")
{
    CHECK(encode(Only<std::uint64_t>{258}).body == std::string("n\0\0\0\0\0\0\x01\x02", 9));
    CHECK(encode(Only<std::string>{"ab"}).body == std::string("t\0\0\0\x02"
                                                              "ab",
                                                              7));
    CHECK(encode(Only<std::vector<std::string>>{{"a"}}).body == std::string("l\0\0\0\x01t\0\0\0\x01"
                                                                            "a",
                                                                            11));
    CHECK(encode(Only<Id>{}).body == "i" + std::string(16, '\0'));
}

TEST_CASE("a value outside its set is refused")
{
    CHECK(decode<Only<Colour>>(with_body(number_field(2))));
    CHECK_FALSE(decode<Only<Colour>>(with_body(number_field(3))));
    CHECK_FALSE(decode<Only<Colour>>(with_body(number_field(UINT64_MAX))));
    CHECK(decode<Only<bool>>(with_body(number_field(1))));
    CHECK_FALSE(decode<Only<bool>>(with_body(number_field(2))));
    CHECK(decode<Only<std::uint32_t>>(with_body(number_field(UINT32_MAX))));
    CHECK_FALSE(decode<Only<std::uint32_t>>(with_body(number_field(UINT64_C(1) << 32))));
}

TEST_CASE("a length or a count beyond the frame is refused before anything is made of it")
{
    CHECK_FALSE(decode<Only<std::string>>(with_body("t\xFF\xFF\xFF\xFF"
                                                    "ab")));
    CHECK_FALSE(decode<Only<std::vector<std::string>>>(with_body("l\xFF\xFF\xFF\xFF")));
    CHECK_FALSE(decode<Only<std::vector<std::string>>>(with_body(std::string("l\0\0\0\x02t\0\0\0\0", 10))));
}

TEST_CASE("a frame of another kind, and bytes after the last field, are bad frames")
{
    auto frame = encode(full());
    frame.body += '\0';
    const auto longer = decode<Everything>(frame);
    REQUIRE_FALSE(longer);
    CHECK(is_bad_frame(longer.error()));
    const auto other = decode<Hidden>(encode(full()));
    REQUIRE_FALSE(other);
    CHECK(is_bad_frame(other.error()));
    CHECK(other.error().fault == Fault::internal);
}

TEST_CASE("every prefix is refused")
{
    const auto whole = encode(full()).body;
    for (std::size_t size = 0; size < whole.size(); ++size)
        if (decode<Everything>(with_body(whole.substr(0, size))))
            FAIL("a prefix of ", size, " bytes was taken");
}

TEST_CASE("no change of a single byte yields a value out of its set, or anything but what is on the wire")
{
    const auto whole = encode(full()).body;
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (int value = 0; value < 256; ++value) {
            auto body = whole;
            body[at] = static_cast<char>(value);
            const auto message = decode<Everything>(with_body(body));
            if (!message) continue;
            if (!is_in_its_set(*message) || encode(*message).body != body) FAIL("byte ", at, " as ", value);
        }
    }
}

TEST_CASE("an error comes back with its fault, text and field, and nonsense in its place is internal")
{
    const Error sent{.fault = Fault::limit, .text = "full", .field = "capacity"};
    const auto back = decode_error(encode_error(sent));
    CHECK(back.fault == Fault::limit);
    CHECK(back.text == "full");
    CHECK(back.field == "capacity");

    const auto whole = encode_error(sent).body;
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK(decode_error(with_body(whole.substr(0, size))).fault == Fault::internal);
    auto beyond = whole;
    beyond[8] = 8; // one after the last fault
    CHECK(decode_error(with_body(beyond)).fault == Fault::internal);
    CHECK(encode_error({.fault = Fault::io, .text = std::string(1 << 20, 'x')}).fits());
}

TEST_CASE("a frame passes whole, the largest too, and a larger one is never sent")
{
    const auto wire = make_wire();
    REQUIRE(wire);
    Frame frame;
    CHECK(receive_frame(wire->other.get(), frame) == Passed::later);
    Frame largest;
    largest.number = 7;
    largest.kind = 0x1234;
    largest.answer = true;
    largest.holds_mail = true;
    largest.body.assign(Frame::most_bytes - 8, 'x');
    REQUIRE(send_frame(wire->one.get(), largest) == Passed::whole);
    REQUIRE(receive_frame(wire->other.get(), frame) == Passed::whole);
    CHECK(frame.number == 7);
    CHECK(frame.kind == 0x1234);
    CHECK(frame.answer);
    CHECK(frame.holds_mail);
    CHECK(frame.body == largest.body);
    largest.body += 'x';
    CHECK_FALSE(largest.fits());
    CHECK(send_frame(wire->one.get(), largest) == Passed::broken);
    CHECK(receive_frame(wire->other.get(), frame) == Passed::later);
}

TEST_CASE("a full wire is later, a peer that has gone is closed")
{
    auto wire = make_wire();
    REQUIRE(wire);
    Frame frame;
    frame.body.assign(30'000, 'x');
    auto passed = Passed::whole;
    for (int i = 0; i < 1000 && passed == Passed::whole; ++i)
        passed = send_frame(wire->one.get(), frame);
    CHECK(passed == Passed::later);
    wire->other.reset();
    CHECK(send_frame(wire->one.get(), frame) == Passed::closed);
    CHECK(receive_frame(wire->one.get(), frame) == Passed::closed);
}

namespace {

// As a peer does that keeps to no rules.
bool send_descriptors(int socket, std::string_view bytes, int count)
{
    std::array<char, CMSG_SPACE(sizeof(int) * 16)> control{};
    iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * static_cast<std::size_t>(count));
    auto* const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int) * static_cast<std::size_t>(count));
    const std::array<int, 16> same{}; // standard input, many times
    std::memcpy(CMSG_DATA(head), same.data(), sizeof(int) * static_cast<std::size_t>(count));
    return sendmsg(socket, &message, MSG_NOSIGNAL) >= 0;
}

} // namespace

TEST_CASE("descriptors beyond what a frame carries break it, and none leaks, nor from a truncated frame")
{
    const auto wire = make_wire();
    REQUIRE(wire);
    const auto before = open_descriptors();
    const std::string head(8, '\0');
    struct Row {
        std::string bytes;
        int descriptors;
        Passed passed;
    };
    for (const auto& row :
         {Row{head, 1, Passed::whole}, Row{head, 2, Passed::whole}, Row{head, 3, Passed::broken},
          Row{head, 16, Passed::broken}, Row{"short", 2, Passed::broken},
          Row{head + std::string(Frame::most_bytes + 1, 'x'), 2, Passed::broken}}) {
        CAPTURE(row.descriptors);
        CAPTURE(row.bytes.size());
        REQUIRE(send_descriptors(wire->one.get(), row.bytes, row.descriptors));
        {
            Frame frame;
            CHECK(receive_frame(wire->other.get(), frame) == row.passed);
        }
        CHECK(open_descriptors() == before);
    }
}

TEST_CASE("a frame whose descriptors this process may not open is whole and says so, and the next one passes")
{
    const auto wire = make_wire();
    REQUIRE(wire);
    Frame sent;
    sent.body = "x";
    sent.descriptors[0].reset(dup(0));
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
    const Descriptor next(dup(0)); // and all numbers below it are taken
    for (const int more : {0, 1}) {
        CAPTURE(more);
        sent.descriptors[1].reset(dup(0));
        REQUIRE(send_frame(wire->one.get(), sent) == Passed::whole);
        const rlimit none{.rlim_cur = static_cast<rlim_t>(next.get() + 1 + more),
                          .rlim_max = before.rlim_max};
        sent.descriptors[1].reset();
        REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
        Frame frame;
        const auto passed = receive_frame(wire->other.get(), frame);
        REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
        CHECK(passed == Passed::whole);
        CHECK(frame.lacks_descriptors);
        CHECK(frame.body == "x");
    }
    REQUIRE(send_frame(wire->one.get(), sent) == Passed::whole);
    Frame frame;
    CHECK(receive_frame(wire->other.get(), frame) == Passed::whole);
    CHECK_FALSE(frame.lacks_descriptors);
    CHECK(frame.descriptors[0]);
}

TEST_CASE("both ends of a wire are close-on-exec and wait for nobody")
{
    const auto wire = make_wire();
    REQUIRE(wire);
    for (const auto* const end : {&wire->one, &wire->other}) {
        CHECK((fcntl(end->get(), F_GETFD) & FD_CLOEXEC) != 0);
        CHECK((fcntl(end->get(), F_GETFL) & O_NONBLOCK) != 0);
    }
}
