#include <doctest/doctest.h>

#include "tests/dialogues/player.h"
#include "tests/unit/smtp/world.h"

using namespace metka;

TEST_CASE("every SMTP dialogue goes as it is written")
{
    const auto all = dialogues::read_all_dialogues(METKA_DIALOGUES "/smtp");
    CHECK(all.size() > 25);
    for (const auto& dialogue : all) {
        smtp::test::World world;
        {
            const auto listener = dialogue.header("listener", "smtp");
            smtp::test::Connection connection(world, listener);
            const auto opening =
                listener == "submissions" ? dialogues::Opening::tls : dialogues::Opening::clear;
            const auto wrong =
                dialogues::play(dialogue, connection.take_client(), opening, connection.pump());
            if (!wrong.empty()) FAIL_CHECK(wrong);
        }
        CHECK_MESSAGE(world.sink.held() == 0, dialogue.name);
    }
}
