#include "core/policy/ownership.h"

#include <doctest/doctest.h>

namespace {

using namespace metka;
using namespace metka::policy;
using enum ComparedRecord::Verdict;

constexpr std::string_view host = "mail.example.net";
constexpr std::string_view token = "metka-0123456789abcdef";

Domain domain(std::string_view name, DomainState state = DomainState::active)
{
    return {.name = DomainName::parse(name).value(), .state = state, .token = std::string(token)};
}

ComparedRecord::Verdict verdict_on(std::size_t which, const DomainRecords& found)
{
    const auto compared = compare(records_for(domain("example.com", DomainState::pending), host), found);
    REQUIRE(compared.size() == 3);
    return compared[which].verdict;
}

} // namespace

TEST_CASE("a foreign domain is proven by an MX that names this host or by the token, nothing else")
{
    struct Row {
        std::string_view what;
        DomainRecords found;
        bool was_anothers;
        std::optional<Proof> proof;
    };
    const std::string right(token), us(host);
    const std::vector<Row> rows{
        {"nothing is there", {}, false, std::nullopt},
        {"an MX names this host", {.mx = {{10, us}}}, false, Proof::mx},
        {"any of several MX names it", {.mx = {{10, "a.example"}, {20, us}}}, false, Proof::mx},
        {"the host in capitals", {.mx = {{10, "MAIL.example.net"}}}, false, Proof::mx},
        {"an MX names another host", {.mx = {{10, "mail.example.org"}}}, false, std::nullopt},
        {"a name that only ends like this host", {.mx = {{10, "x." + us}}}, false, std::nullopt},
        {"the null MX", {.mx = {{0, ""}}}, false, std::nullopt},
        {"the token", {.proofs = {right}}, false, Proof::txt},
        {"the token among others", {.proofs = {"other", right}}, false, Proof::txt},
        {"the token and more in one text", {.proofs = {right + " "}}, false, std::nullopt},
        {"half the token", {.proofs = {right.substr(0, 12)}}, false, std::nullopt},
        {"the token at the domain itself", {.texts = {right}}, false, std::nullopt},
        {"an empty text", {.proofs = {""}}, false, std::nullopt},
        {"an MX, but it was another's", {.mx = {{10, us}}}, true, std::nullopt},
        {"the token of what was another's", {.proofs = {right}}, true, Proof::txt},
        {"both", {.mx = {{10, us}}, .proofs = {right}}, true, Proof::txt},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        const auto proof =
            proof_in(row.found, {.host = us, .token = right, .was_anothers = row.was_anothers});
        CHECK(proof == row.proof);
    }
}

TEST_CASE("a machine without a name and a domain without a token are proven by nothing")
{
    CHECK_FALSE(proof_in({.mx = {{0, ""}}, .texts = {}, .proofs = {""}}, {.host = "", .token = ""}));
}

TEST_CASE("an owner should publish MX and sender policy, and the token while the domain is pending")
{
    const auto pending = records_for(domain("example.com", DomainState::pending), host);
    REQUIRE(pending.size() == 3);
    CHECK((pending[0].name == "example.com" && pending[0].type == "MX"));
    CHECK(pending[0].value == "10 mail.example.net.");
    CHECK((pending[1].name == "example.com" && pending[1].type == "TXT"));
    CHECK(pending[1].value == "v=spf1 mx -all");
    CHECK((pending[2].name == "_metka.example.com" && pending[2].type == "TXT"));
    CHECK(pending[2].value == token);
    CHECK(records_for(domain("example.com"), host).size() == 2);
}

TEST_CASE("an MX is right when this host is among those that are tried first")
{
    const std::string us(host);
    CHECK(verdict_on(0, {}) == missing);
    CHECK(verdict_on(0, {.mx = {{10, us}}}) == right);
    CHECK(verdict_on(0, {.mx = {{5, us}}}) == right);
    CHECK(verdict_on(0, {.mx = {{20, "b.example"}, {10, us}}}) == right);
    CHECK(verdict_on(0, {.mx = {{10, "b.example"}, {10, us}}}) == right);
    CHECK(verdict_on(0, {.mx = {{5, "b.example"}, {10, us}}}) == differs);
    CHECK(verdict_on(0, {.mx = {{5, "b.example"}}}) == differs);
    CHECK(verdict_on(0, {.mx = {{0, ""}}}) == differs);
}

TEST_CASE("a sender policy is right when it is the only one and lets the MX hosts send")
{
    struct Row {
        std::vector<std::string> texts;
        ComparedRecord::Verdict verdict;
    };
    const std::vector<Row> rows{
        {{}, missing},
        {{"google-site-verification=1"}, missing},
        {{"v=spf10 mx -all"}, missing},
        {{"v=spf1 mx -all"}, right},
        {{"something else", "v=spf1 mx -all"}, right},
        {{"V=SPF1 a MX ~all"}, right},
        {{"v=spf1 +mx include:_spf.example.org ?all"}, right},
        {{"v=spf1 a:mail.example.net -all"}, differs},
        {{"v=spf1 -mx -all"}, differs},
        {{"v=spf1 mx:example.org -all"}, differs},
        {{"v=spf1 -all mx"}, differs},
        {{"v=spf1"}, differs},
        {{"v=spf1 mx -all", "v=spf1 mx -all"}, differs},
    };
    for (const auto& row : rows) {
        CAPTURE(row.texts);
        CHECK(verdict_on(1, {.mx = {}, .texts = row.texts}) == row.verdict);
    }
}

TEST_CASE("a token is right, missing or another")
{
    CHECK(verdict_on(2, {}) == missing);
    CHECK(verdict_on(2, {.proofs = {std::string(token)}}) == right);
    CHECK(verdict_on(2, {.proofs = {"metka-other"}}) == differs);
}

TEST_CASE("a comparison shows what was found, in the order in which it is tried")
{
    const auto wanted = records_for(domain("example.com"), host);
    const auto compared =
        compare(wanted, {.mx = {{20, "b.example"}, {5, "a.example"}}, .texts = {"v=spf1 -all"}});
    CHECK(compared[0].found == "5 a.example.; 20 b.example.");
    CHECK(compared[1].found == "v=spf1 -all");
    CHECK(compare(wanted, {})[0].found.empty());
    CHECK(name(right) == "right");
    CHECK(name(missing) == "missing");
    CHECK(name(differs) == "differs");
}

TEST_CASE("the zone snippet names a local domain relative to its zone")
{
    CHECK(snippet_for(domain("moja-firma.lublin.pl"), DomainName::parse("lublin.pl").value(), host) ==
          "moja-firma\tIN\tMX\t10 mail.example.net.\nmoja-firma\tIN\tTXT\t\"v=spf1 mx -all\"\n");
    CHECK(snippet_for(domain("żółw.lublin.pl"), DomainName::parse("lublin.pl").value(), host)
              .starts_with("xn--"));
}
