#include "core/wire/smtp_reply.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

using metka::wire::render;
using metka::wire::Reply;

TEST_CASE("a reply is its code, its enhanced code, its text and CRLF")
{
    CHECK(render(Reply{250, "2.0.0", "ok"}) == "250 2.0.0 ok\r\n");
    CHECK(render(Reply{250, "2.0.0", "Ok:"}, "0123") == "250 2.0.0 Ok: 0123\r\n");
    CHECK(render(Reply{220, "", ""}, "poczta.example.org ESMTP") == "220 poczta.example.org ESMTP\r\n");
    CHECK(render(Reply{354, "", "go"}) == "354 go\r\n");
    CHECK(render(Reply{334, "", ""}) == "334 \r\n"); // an empty challenge keeps its space (RFC 4954 §4)
}

TEST_CASE("a reply of several lines has hyphens in all but the last")
{
    const std::array<std::string, 3> lines{"poczta.example.org", "PIPELINING", "SIZE 10"};
    CHECK(render(250, lines) == "250-poczta.example.org\r\n250-PIPELINING\r\n250 SIZE 10\r\n");
}
