#pragma once
// A folder of its own for one test, gone afterwards.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace metka {

class TestFolder {
  public:
    TestFolder() : path_((std::filesystem::temp_directory_path() / "metka-test-XXXXXX").string())
    {
        if (mkdtemp(path_.data()) == nullptr) std::abort();
    }
    ~TestFolder() { std::filesystem::remove_all(path_); }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;

    const std::string& path() const { return path_; }
    std::string file(const std::string& name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};

// A database behind the back of those who have it open: its bytes are as many as before, and zero.
inline void overwrite(const std::string& path)
{
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file << std::string(std::filesystem::file_size(path), '\0');
    if (!file.flush()) std::abort();
}

std::optional<Fault> fault_of(const auto& result) // none: there was none
{
    return result ? std::nullopt : std::optional(result.error().fault);
}

inline void remove_wal(const std::string& database)
{
    std::filesystem::remove(database + "-wal");
    std::filesystem::remove(database + "-shm");
}

} // namespace metka
