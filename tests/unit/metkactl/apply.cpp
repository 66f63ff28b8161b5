#include "cli/apply.h"

#include <doctest/doctest.h>

using namespace metka;
using namespace metka::metkactl;
using control::Json;
using control::JsonArray;
using control::JsonObject;

namespace {

Json row(std::string_view object, std::string_view outcome, std::string_view why = "")
{
    return JsonObject{{"object", object}, {"outcome", outcome}, {"why", why}};
}

} // namespace

TEST_CASE("batches keep to their numbers of objects and of bytes, and the order")
{
    const DescribedObject object{"x", {}, Json("12345")}; // 8 bytes with its comma
    const std::vector<const DescribedObject*> five(5, &object);
    const auto sizes = [&](BatchLimits limits) {
        std::vector<std::size_t> counted;
        for (const auto& batch : batches(five, limits))
            counted.push_back(batch.size());
        return counted;
    };
    CHECK(sizes({.objects = 2, .bytes = 1000}) == std::vector<std::size_t>{2, 2, 1});
    CHECK(sizes({.objects = 100, .bytes = 24}) == std::vector<std::size_t>{3, 2});
    CHECK(sizes({.objects = 100, .bytes = 1}) == std::vector<std::size_t>{1, 1, 1, 1, 1});
    CHECK(batches({}, {.objects = 2, .bytes = 9}).empty());
}

TEST_CASE("what a dry run refuses only because its parent is not there yet is created after it")
{
    const std::vector<DescribedObject> objects{
        {"customer firma", {}, {}},
        {"domain a.pl", {"customer firma"}, {}},
        {"mailbox x@a.pl", {"domain a.pl", "customer firma"}, {}},
        {"mailbox y@b.pl", {"domain b.pl", "customer other"}, {}},
        {"customer third", {}, {}},
        {"domain c.pl", {"customer third"}, {}},
    };
    JsonArray rows{
        row("customer firma", "created"),       row("domain a.pl", "refused", "there is no customer firma"),
        row("mailbox x@a.pl", "refused", "no"), row("mailbox y@b.pl", "refused", "there is no domain b.pl"),
        row("customer third", "unchanged"),     row("domain c.pl", "refused", "it is another's")};
    plan_after_parents(rows, objects);
    CHECK(rows[1] == row("domain a.pl", "created", "after customer firma"));
    CHECK(rows[2] == row("mailbox x@a.pl", "created", "after domain a.pl"));
    CHECK(rows[3] == row("mailbox y@b.pl", "refused", "there is no domain b.pl"));
    CHECK(rows[5] == row("domain c.pl", "refused", "it is another's"));
}

TEST_CASE("the last line counts what came out")
{
    const JsonArray rows{row("a", "created"), row("b", "created"), row("c", "unchanged"),
                         row("d", "refused")};
    CHECK(sentence_of(tally_of(rows)) == "2 created, 0 changed, 1 unchanged, 1 refused");
    CHECK(sentence_of({.created = 12, .changed = 3, .unchanged = 9985, .refused = 0}) ==
          "12 created, 3 changed, 9,985 unchanged, 0 refused");
}
