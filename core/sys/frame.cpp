#include "core/sys/frame.h"

#include <bit>
#include <cerrno>
#include <cstring>
#include <endian.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace metka::sys {

namespace {

struct Head {
    std::uint32_t number;
    std::uint16_t kind;
    std::uint16_t marks;
};
static_assert(sizeof(Head) == 8);

constexpr std::uint16_t answer_mark = 1;
constexpr std::uint16_t mail_mark = 2;

std::uint16_t marks_of(const Frame& frame)
{
    return static_cast<std::uint16_t>((frame.answer ? answer_mark : 0) | (frame.holds_mail ? mail_mark : 0));
}

constexpr std::string_view bad_frame_field = "frame"; // in Error::field

constexpr std::size_t control_room = CMSG_SPACE(sizeof(int) * Frame::most_descriptors);

// Out of buffers, or of descriptors in flight (ETOOMANYREFS): busy, not broken.
bool is_passing(int error_number)
{
    return error_number == EAGAIN || error_number == EINTR || error_number == ENOBUFS ||
           error_number == ENOMEM || error_number == ETOOMANYREFS;
}

struct Taken {
    std::size_t count = 0;
    bool fits = true;
};

// Takes every descriptor the kernel installed, also those beyond what a frame may carry, so that none leaks.
Taken take_descriptors(msghdr& message, Frame& frame)
{
    Taken taken;
    for (auto* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        const auto count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
            Descriptor owned(fd);
            if (taken.count < Frame::most_descriptors)
                frame.descriptors[taken.count++] = std::move(owned);
            else
                taken.fits = false;
        }
    }
    return taken;
}

} // namespace

bool Frame::fits() const
{
    return body.size() + sizeof(Head) <= most_bytes;
}

Passed send_frame(int socket, const Frame& frame)
{
    if (!frame.fits()) return Passed::broken;
    Head head{.number = frame.number, .kind = frame.kind, .marks = marks_of(frame)};
    std::array<iovec, 2> parts{
        {{&head, sizeof head}, {const_cast<char*>(frame.body.data()), frame.body.size()}}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();

    alignas(cmsghdr) std::array<char, control_room> control{};
    std::size_t count = 0;
    while (count < Frame::most_descriptors && frame.descriptors[count])
        ++count;
    if (count > 0) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        auto* part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(sizeof(int) * count);
        for (std::size_t i = 0; i < count; ++i) {
            const int fd = frame.descriptors[i].get();
            std::memcpy(CMSG_DATA(part) + i * sizeof(int), &fd, sizeof fd);
        }
    }
    if (sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) return Passed::whole;
    return is_passing(errno) ? Passed::later : Passed::closed;
}

Passed receive_frame(int socket, Frame& frame)
{
    thread_local std::string room(Frame::most_bytes, '\0');
    Head head{};
    std::array<iovec, 2> parts{{{&head, sizeof head}, {room.data(), room.size()}}};
    alignas(cmsghdr) std::array<char, control_room> control{};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    message.msg_control = control.data();
    message.msg_controllen = control.size();

    const auto got = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0) return is_passing(errno) ? Passed::later : Passed::closed;
    frame = Frame{};
    const auto taken = take_descriptors(message, frame);
    if (got == 0) return Passed::closed;
    // The kernel cuts off descriptors when the sender sent too many, and when we may open no more: then fewer
    // came than there was room for. That is no fault of the sender, and no reason to lose the wire.
    const bool are_cut_off = (message.msg_flags & MSG_CTRUNC) != 0;
    frame.lacks_descriptors = are_cut_off && taken.count < Frame::most_descriptors;
    const bool truncated = (message.msg_flags & MSG_TRUNC) != 0 || (are_cut_off && !frame.lacks_descriptors);
    if (static_cast<std::size_t>(got) < sizeof head || truncated || !taken.fits ||
        head.marks > (answer_mark | mail_mark))
        return Passed::broken;
    frame.number = head.number;
    frame.kind = head.kind;
    frame.answer = (head.marks & answer_mark) != 0;
    frame.holds_mail = (head.marks & mail_mark) != 0;
    const auto size = static_cast<std::size_t>(got) - sizeof head;
    frame.body.assign(room.data(), size);
    if (!frame.holds_mail) explicit_bzero(room.data(), size);
    return Passed::whole;
}

Result<WirePair> make_wire()
{
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
        return fail_errno(errno, "making a wire");
    return WirePair{.one = Descriptor(ends[0]), .other = Descriptor(ends[1])};
}

void FieldWriter::operator()(std::uint64_t number)
{
    const auto big = htobe64(number);
    out_ += 'n';
    out_.append(std::bit_cast<std::array<char, 8>>(big).data(), 8);
}

void FieldWriter::operator()(std::string_view text)
{
    const auto big = htobe32(static_cast<std::uint32_t>(text.size()));
    out_ += 't';
    out_.append(std::bit_cast<std::array<char, 4>>(big).data(), 4);
    out_ += text;
}

void FieldWriter::operator()(const Id& id)
{
    out_ += 'i';
    for (const auto byte : id.bytes())
        out_ += static_cast<char>(byte);
}

void FieldWriter::count(std::size_t count)
{
    const auto big = htobe32(static_cast<std::uint32_t>(count));
    out_ += 'l';
    out_.append(std::bit_cast<std::array<char, 4>>(big).data(), 4);
}

void FieldReader::fault(std::string_view what)
{
    if (fault_.empty()) fault_ = what;
}

std::string_view FieldReader::take(char type, std::size_t size)
{
    if (!ok()) return {};
    if (in_.empty() || in_.front() != type || in_.size() - 1 < size) {
        fault("a field is missing or of another type");
        return {};
    }
    const auto value = in_.substr(1, size);
    in_.remove_prefix(1 + size);
    return value;
}

void FieldReader::operator()(std::uint64_t& number)
{
    const auto bytes = take('n', 8);
    if (!ok()) return;
    std::memcpy(&number, bytes.data(), 8);
    number = be64toh(number);
}

void FieldReader::operator()(std::string& text)
{
    const auto prefix = take('t', 4);
    if (!ok()) return;
    std::uint32_t size = 0;
    std::memcpy(&size, prefix.data(), 4);
    size = be32toh(size);
    if (size > in_.size()) return fault("a text longer than its frame");
    text.assign(in_.substr(0, size));
    in_.remove_prefix(size);
}

void FieldReader::operator()(Id& id)
{
    const auto bytes = take('i', 16);
    if (!ok()) return;
    std::array<std::uint8_t, 16> copy{};
    std::memcpy(copy.data(), bytes.data(), 16);
    id = Id::from_bytes(copy);
}

void FieldReader::operator()(Secret& secret)
{
    std::string text;
    (*this)(text);
    secret = Secret::take(std::move(text));
}

void FieldReader::operator()(Instant& instant)
{
    std::uint64_t number = 0;
    (*this)(number);
    instant = from_unix_ms(static_cast<std::int64_t>(number));
}

void FieldReader::operator()(bool& value)
{
    std::uint64_t number = 0;
    (*this)(number);
    if (number > 1) return fault("a truth that is neither 0 nor 1");
    value = number == 1;
}

void FieldReader::operator()(std::uint32_t& value)
{
    std::uint64_t number = 0;
    (*this)(number);
    if (number > UINT32_MAX) return fault("a number beyond 32 bits");
    value = static_cast<std::uint32_t>(number);
}

std::size_t FieldReader::count()
{
    const auto bytes = take('l', 4);
    if (!ok()) return 0;
    std::uint32_t count = 0;
    std::memcpy(&count, bytes.data(), 4);
    count = be32toh(count);
    if (count > in_.size()) { // every value takes at least one byte
        fault("a list longer than its frame");
        return 0;
    }
    return count;
}

Result<void> FieldReader::finish()
{
    if (ok() && !in_.empty()) fault("bytes after the last field");
    if (!ok()) return bad_frame(fault_);
    return {};
}

bool is_bad_frame(const Error& error)
{
    return error.field == bad_frame_field;
}

std::unexpected<Error> bad_frame(std::string_view what)
{
    return fail_field(bad_frame_field,
                      {.fault = Fault::internal, .text = fmt::format("bad frame: {}", what)});
}

Frame encode_error(const Error& error)
{
    Frame frame;
    FieldWriter writer(frame.body);
    writer(static_cast<std::uint64_t>(error.fault));
    writer(std::string_view(error.text).substr(0, 4096));
    writer(std::string_view(error.field).substr(0, 256));
    return frame;
}

Error decode_error(const Frame& frame)
{
    std::uint64_t fault = 0;
    Error error;
    FieldReader reader(frame.body);
    reader(fault);
    reader(error.text);
    reader(error.field);
    if (!reader.finish() || fault > static_cast<std::uint64_t>(Fault::internal))
        return Error{.fault = Fault::internal, .text = "a bad frame in place of an error"};
    error.fault = static_cast<Fault>(fault);
    if (is_bad_frame(error)) error.field.clear(); // that word is ours alone
    return error;
}

} // namespace metka::sys
