// What metkad asks of metka-store, and what the store does by itself.

#include "tests/unit/store/houses.h"

using namespace metka;
using namespace metka::maildir;
using namespace metka::maildir::test;

TEST_CASE("metkad makes many inboxes, counts them, moves one, and sends a notice")
{
    Wired house;
    MakeInboxes making;
    for (int i = 0; i < 3; ++i) {
        InboxPlace place;
        place.inbox = InboxId::make(house.scratch.clock.now());
        making.places.push_back(place);
    }
    CHECK(house.ask<Done>(house.metkad, making));

    const auto from = house.scratch.mailbox(), to = house.scratch.mailbox();
    REQUIRE(deliver(house, {from.place.inbox}, text));
    AskUsages asking;
    asking.inboxes = {from.place.inbox, making.places[0].inbox, to.place.inbox}; // one has no row
    const auto usages = house.ask<Usages>(house.metkad, asking);
    REQUIRE(usages);
    CHECK(usages->used == std::vector{Bytes{text.size()}, Bytes{UINT64_MAX}, Bytes{0}});

    CarryMessages carrying;
    carrying.from = from.place;
    carrying.to = to.place;
    CHECK(house.ask<Carried>(house.metkad, carrying)->all);
    CHECK(house.scratch.files(to).size() == 1);

    house.scratch.directory.records[to.place.inbox].login = "biuro@firma.example";
    SendNotice notice;
    notice.inbox = to.place.inbox;
    notice.about = "2027-12-31";
    notice.days = 7;
    const auto sent = house.ask<NoticeSent>(house.metkad, notice);
    REQUIRE(sent);
    CHECK(sent->now);
    AskNotice question;
    static_cast<SendNotice&>(question) = notice;
    CHECK(house.ask<NoticeSent>(house.metkad, question)->at == sent->at);
    ListNotices listing;
    const auto listed = house.ask<Notices>(house.metkad, listing);
    REQUIRE(listed);
    REQUIRE(listed->rows.size() == 1);
    CHECK(listed->rows[0].login == "biuro@firma.example");
    CheckInbox checking;
    checking.inbox = to.place.inbox;
    const auto checked = house.ask<Checked>(house.metkad, checking);
    REQUIRE(checked);
    CHECK(checked->messages == 2);
    CHECK_FALSE(checked->noticed);
    checking.inbox = making.places[0].inbox;
    CHECK(fault_of(house.ask<Checked>(house.metkad, checking)) == Fault::not_found);
}

TEST_CASE("whoever fills an inbox to 90 % has their answer, and then its user is told, once")
{
    Wired house;
    const auto inbox = house.scratch.mailbox(Bytes{1000});
    house.scratch.directory.records[inbox.place.inbox].login = "biuro@firma.example";
    const auto wait_until_told = [&](bool told) {
        until(house.loop, [&] { return house.notices.is_told(inbox.place.inbox) == told; });
    };
    REQUIRE(deliver(house, {inbox.place.inbox}, std::string(950, 'x')));
    wait_until_told(true);
    CHECK(house.scratch.files(inbox).size() == 2);

    const auto session = house.inbox(inbox.place.inbox);
    REQUIRE(session);
    const auto listed = list(house.loop, **session);
    REQUIRE(listed);
    std::vector<MessageIndex> all;
    all.reserve(listed->size());
    for (const auto& each : *listed)
        all.push_back(each.index);
    REQUIRE(run(house.loop, (*session)->remove(all)));
    wait_until_told(false); // armed again
    REQUIRE(deliver(house, {inbox.place.inbox}, std::string(950, 'x')));
    wait_until_told(true);
    CHECK(house.scratch.files(inbox).size() == 2);
}
