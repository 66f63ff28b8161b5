#pragma once
// A state folder that goes with its test, and settings that differ in one number.

#include <filesystem>

#include <doctest/doctest.h>

#include "core/settings/settings.h"
#include "core/sys/file.h"

namespace metka::metkad::test {

struct StateFolder {
    StateFolder()
    {
        auto name = (std::filesystem::temp_directory_path() / "metka-state-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path = name;
        folder = sys::open_folder(name).value();
    }
    ~StateFolder() { std::filesystem::remove_all(path); }
    StateFolder(const StateFolder&) = delete;
    StateFolder& operator=(const StateFolder&) = delete;

    std::filesystem::path path;
    sys::Descriptor folder;
};

inline settings::Loaded with_recipients(std::uint64_t recipients)
{
    settings::Loaded loaded;
    loaded.settings.smtp_recipients = recipients;
    return loaded;
}

} // namespace metka::metkad::test
