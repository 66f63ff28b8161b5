#include "core/net/certificate.h"

#include <doctest/doctest.h>

#include "tests/dialogues/authority.h"

using namespace metka;
using dialogues::issue;
using dialogues::Wish;
using net::CertificateChain;
using std::chrono::days;
using Names = std::vector<std::string>;

namespace {

constexpr std::chrono::sys_seconds spring = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1);

Wish wish(std::string common_name, Names names = {}, days life = days(90))
{
    return {.common_name = std::move(common_name),
            .names = std::move(names),
            .not_before = spring,
            .not_after = spring + life};
}

CertificateChain read(const dialogues::Certificate& certificate)
{
    auto chain = CertificateChain::read(certificate.chain_pem);
    if (!chain) FAIL(chain.error().text);
    return std::move(*chain);
}

template <class Value>
std::string sentence(const Result<Value>& result)
{
    REQUIRE_FALSE(result);
    CHECK(result.error().fault == Fault::invalid);
    return result.error().text;
}

} // namespace

TEST_CASE("a certificate is for its alternative names, and for its common name only without any")
{
    CHECK(read(issue(wish("old.example"))).names() == Names{"old.example"});
    const auto chain = read(issue(wish("old.example", {"Mail.Example.org", "*.firma.example"})));
    CHECK(chain.names() == Names{"mail.example.org", "*.firma.example"});
    CHECK(read(issue(wish("Metka CA"))).names().empty());
}

TEST_CASE("a wildcard stands for one label, and is itself only where it is written")
{
    const auto chain = read(issue(wish("x", {"mail.example.org", "*.firma.example"})));
    struct Row {
        std::string_view host;
        bool is_named;
    };
    for (const auto& [host, is_named] :
         {Row{"mail.example.org", true}, Row{"MAIL.EXAMPLE.ORG", true}, Row{"example.org", false},
          Row{"smtp.example.org", false}, Row{"poczta.firma.example", true}, Row{"firma.example", false},
          Row{"a.b.firma.example", false}, Row{"*.firma.example", true}, Row{"*.example.org", false},
          Row{".firma.example", false}, Row{"", false}, Row{"example", false}}) {
        CAPTURE(host);
        CHECK(chain.speaks_for(host) == is_named);
    }
}

TEST_CASE("a chain ends with the first of its certificates to end, a root aside")
{
    const auto root = issue(wish("Root", {}, days(10)));
    const auto middle = issue(wish("Middle", {}, days(40)), root);
    const auto chain = read(issue(wish("mail.example", {"mail.example"}), middle));
    CHECK(chain.not_before() == spring);
    CHECK(chain.not_after() == spring + days(90));
    CHECK(chain.ends() == spring + days(40));
    CHECK(read(issue(wish("mail.example"))).ends() == spring + days(90));
}

TEST_CASE("a key is taken if it is the certificate's own and has no passphrase")
{
    const auto certificate = issue(wish("mail.example"));
    const auto chain = read(certificate);
    CHECK(chain.takes(certificate.key_pem));
    CHECK(sentence(chain.takes(issue(wish("mail.example")).key_pem)) ==
          "the key does not belong to the certificate");
    CHECK(sentence(chain.takes(dialogues::with_passphrase(certificate.key_pem, "secret")))
              .find("has a passphrase") != std::string::npos);
    for (const auto& text : {std::string(), certificate.chain_pem, certificate.key_pem.substr(0, 60)})
        CHECK(sentence(chain.takes(text)).find("no private key") != std::string::npos);
}

TEST_CASE("what is no certificate, or not a whole one, is refused in words")
{
    const auto certificate = issue(wish("mail.example"));
    const auto chain = issue(wish("mail.example"), certificate).chain_pem;
    for (const auto& text : {std::string(), std::string("hello\n"), certificate.key_pem})
        CHECK(sentence(CertificateChain::read(text)).find("no certificate in it") != std::string::npos);
    CHECK(sentence(CertificateChain::read(chain.substr(0, chain.size() - 60))).find("damaged") !=
          std::string::npos);
}
