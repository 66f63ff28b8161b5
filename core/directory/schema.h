#pragma once
// The tables of the directory database, as steps from each version to the next.

#include "core/directory/migrations.h"

namespace metka::directory {

const sqlite::Migrations& directory_migrations();

} // namespace metka::directory
