#include "tests/unit/resolver/name_server.h"

#include <array>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/base/text.h"

namespace metka::resolver::test {

namespace {

constexpr std::size_t head_size = 12; // RFC 1035 §4.1.1
constexpr std::uint8_t checking_disabled = 0x10;

std::string two_bytes(std::size_t number)
{
    return {static_cast<char>(number >> 8U), static_cast<char>(number & 0xFFU)};
}

std::size_t number_at(std::string_view bytes, std::size_t place)
{
    return static_cast<std::size_t>(static_cast<std::uint8_t>(bytes[place])) << 8U |
           static_cast<std::uint8_t>(bytes[place + 1]);
}

} // namespace

std::string wire_name(std::string_view name)
{
    std::string wire;
    for (const auto label : split(name, '.'))
        if (!label.empty()) wire += static_cast<char>(label.size()) + std::string(label);
    return wire + '\0';
}

std::string mx(int preference, std::string_view host)
{
    return two_bytes(static_cast<std::size_t>(preference)) + wire_name(host);
}

std::string txt(const std::vector<std::string>& strings)
{
    std::string wire;
    for (const auto& each : strings)
        wire += static_cast<char>(each.size()) + each;
    return wire;
}

NameServer::NameServer(std::map<Question, Said> answers)
    : answers_(std::move(answers)), socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))
{
    sockaddr_in loopback{};
    loopback.sin_family = AF_INET;
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(socket_.get(), reinterpret_cast<const sockaddr*>(&loopback), sizeof loopback) == 0);
    thread_ = std::thread([this] { serve(); });
}

NameServer::~NameServer()
{
    shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
}

std::string NameServer::address() const
{
    sockaddr_in here{};
    socklen_t size = sizeof here;
    REQUIRE(getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&here), &size) == 0);
    return fmt::format("127.0.0.1@{}", ntohs(here.sin_port));
}

void NameServer::serve()
{
    std::array<char, 4096> room{};
    for (;;) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        const auto got =
            recvfrom(socket_.get(), room.data(), room.size(), 0, reinterpret_cast<sockaddr*>(&peer), &size);
        if (got <= 0) return;
        const auto reply = answer({room.data(), static_cast<std::size_t>(got)});
        if (reply)
            sendto(socket_.get(), reply->data(), reply->size(), 0, reinterpret_cast<const sockaddr*>(&peer),
                   size);
    }
}

std::optional<std::string> NameServer::answer(std::string_view question)
{
    if (question.size() < head_size + 5) return std::nullopt;
    if ((static_cast<std::uint8_t>(question[3]) & checking_disabled) != 0) checking_disabled_ = true;
    std::string name;
    auto at = head_size;
    for (std::size_t label = 0; (label = static_cast<std::uint8_t>(question[at])) != 0; at += label + 1)
        name += (name.empty() ? "" : ".") + lower(question.substr(at + 1, label));
    const auto type = static_cast<int>(number_at(question, at + 1));
    const auto asked = question.substr(head_size, at + 5 - head_size);

    const auto found = answers_.find({name, type});
    const auto said = found == answers_.end() ? Said{.code = 3} : found->second;
    std::string reply(question.substr(0, 2));
    reply += static_cast<char>(0x85); // an answer, authoritative, recursion desired
    reply += static_cast<char>(0x80 | said.code);
    reply += two_bytes(1) + two_bytes(said.data.size()) + two_bytes(0) + two_bytes(0);
    reply += asked;
    for (const auto& data : said.data) {
        reply +=
            "\xC0\x0C" + two_bytes(number_at(question, at + 1)) + two_bytes(1); // the name that was asked
        reply += two_bytes(0) + two_bytes(60) + two_bytes(data.size()) + data;
    }
    return reply;
}

} // namespace metka::resolver::test
