#pragma once
// A folder of its own for one test, gone afterwards.

#include <cstdlib>
#include <filesystem>
#include <string>

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

} // namespace metka
