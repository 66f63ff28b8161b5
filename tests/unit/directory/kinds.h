#pragma once
// What both directories promise (core/directory/directory.h) is run on each kind: FOR_BOTH("a sentence") {
// Kind kind; … }

#include <doctest/doctest.h>

#include "core/directory/memory_directory.h"
#include "core/directory/sqlite_directory.h"
#include "tests/unit/directory/folder.h"
#include "tests/unit/directory/people.h"

namespace metka::directory {

struct InMemory {
    MemoryDirectory directory;
    Registry& registry() { return directory; }
};

struct InSqlite {
    TestFolder folder;
    std::unique_ptr<Registry> opened = open_registry(folder.file("metka.db")).value();
    Registry& registry() { return *opened; }
};

using Work = std::function<Result<void>(Changes&)>;

inline Result<void> change(Registry& registry, const Work& work)
{
    AuditEntry entry = by_root("test");
    return registry.change(entry, work);
}

// The fault of a change, and that it left neither rows nor an audit row behind.
inline Fault fault_of(Registry& registry, const Work& work)
{
    const auto audited = registry.audit({.most = 100}).value().size();
    const auto done = change(registry, work);
    REQUIRE_FALSE(done);
    CHECK(registry.audit({.most = 100}).value().size() == audited);
    return done.error().fault;
}

} // namespace metka::directory

#define FOR_BOTH(sentence) TEST_CASE_TEMPLATE(sentence, Kind, InMemory, InSqlite)
