#include "core/maildir/places.h"

#include <doctest/doctest.h>

using namespace metka;
using namespace metka::maildir;

namespace {

const InboxId one(*Id::parse("0193a5b2c3d47e0f8a1b2c3d4e5f6071"));
const InboxId other(*Id::parse("0193a5b2c3d47e0f8a1b2c3d4e5f60ff"));

InboxPlace place(InboxId inbox, directory::InboxKind kind, InboxId shell = {})
{
    InboxPlace made;
    made.inbox = inbox;
    made.inbox_kind = kind;
    made.shell = shell;
    return made;
}

} // namespace

TEST_CASE("where an inbox lies follows from its ids")
{
    using enum directory::InboxKind;
    CHECK(path_of(place(one, mailbox)) == "box/71/" + one.hex() + "/Maildir");
    CHECK(path_of(place(one, mailbox, other)) == "shell/" + other.hex() + "/box/" + one.hex() + "/Maildir");
    CHECK(path_of(place(one, shell)) == "shell/" + one.hex() + "/inbox/Maildir");
    CHECK(path_of(place(one, shell, one)) == "shell/" + one.hex() + "/inbox/Maildir");

    CHECK(tree_path_of(place(one, mailbox)) == "box/71/" + one.hex());
    CHECK(tree_path_of(place(one, mailbox, other)) == "shell/" + other.hex() + "/box/" + one.hex());
    CHECK(tree_path_of(place(one, shell)) == "shell/" + one.hex());
}

TEST_CASE("ids that fit no place are refused")
{
    using enum directory::InboxKind;
    CHECK_FALSE(path_of(place({}, mailbox)));
    CHECK_FALSE(path_of(place({}, shell)));
    CHECK_FALSE(path_of(place(one, shell, other)));
}

TEST_CASE("only a shell inbox lets its user have files in it, though its mailboxes know that user too")
{
    directory::InboxRecord record;
    record.id = one;
    record.shell = other;
    record.shell_uid = 1234;
    record.kind = directory::InboxKind::mailbox;
    CHECK(facts_of(record).shell_uid == 0);
    CHECK(facts_of(record).place.shell == other);
    record.kind = directory::InboxKind::shell;
    record.shell = one;
    CHECK(facts_of(record).shell_uid == 1234);
    CHECK(facts_of(record).place.shell.empty());
}
